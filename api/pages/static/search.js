// SPDX-License-Identifier: GPL-3.0-or-later
// Names while somebody types. Without this file the form works as it is.
"use strict";

(() => {
  const form = document.querySelector("form.search");
  const input = form.q;
  const list = document.createElement("ul");
  list.id = "found";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Packages whose names begin so");
  form.append(list);
  for (const [name, value] of [
    ["role", "combobox"], ["aria-controls", list.id], ["aria-autocomplete", "list"], ["aria-expanded", "false"],
  ]) input.setAttribute(name, value);

  let asked = null; // what stops the question that is under way
  let timer = 0;
  let chosen = -1;

  const close = () => {
    list.hidden = true;
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const choose = (number) => {
    const options = [...list.children];
    chosen = options.length ? (number + options.length) % options.length : -1;
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
    if (chosen >= 0) {
      input.setAttribute("aria-activedescendant", options[chosen].id);
      options[chosen].scrollIntoView({ block: "nearest" });
    }
  };

  const show = (found) => {
    list.replaceChildren(...found.map((one, at) => {
      const option = document.createElement("li");
      option.id = `found-${at}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      const link = document.createElement("a");
      link.href = `/${one.source ? "package" : "binary"}/${encodeURIComponent(one.name)}/`;
      link.tabIndex = -1;
      link.textContent = one.name;
      const kind = document.createElement("span");
      kind.textContent = one.source ? "source" : "binary";
      link.append(" ", kind);
      option.append(link);
      return option;
    }));
    close();
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!!found.length));
  };

  const ask = async () => {
    asked?.abort();
    const query = input.value.trim();
    if (!query) return close();
    asked = new AbortController();
    try {
      const answer = await fetch(`/mr/search?q=${encodeURIComponent(query)}`, { signal: asked.signal });
      if (answer.ok) show((await answer.json()).result);
    } catch {
      // Another letter was typed, or the server is away: the form itself still works.
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 80);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (list.hidden || !["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) return;
    if (event.key === "Enter") {
      if (chosen < 0) return;
      location.assign(list.children[chosen].firstChild.href);
    } else {
      choose(chosen < 0 && event.key === "ArrowUp" ? -1 : chosen + (event.key === "ArrowDown" ? 1 : -1));
    }
    event.preventDefault();
  });
  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget)) setTimeout(close, 150);
  });
})();
