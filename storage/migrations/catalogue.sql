CREATE TABLE archives (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
CREATE TABLE blobs (
	id INTEGER NOT NULL, 
	sha256 BLOB NOT NULL, 
	sha1 BLOB, 
	md5 BLOB, 
	size BIGINT NOT NULL, 
	state SMALLINT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE buildinfos (
	id INTEGER NOT NULL, 
	digest BLOB NOT NULL, 
	name TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	source TEXT NOT NULL, 
	source_version TEXT NOT NULL, 
	version TEXT NOT NULL, 
	architectures TEXT NOT NULL, 
	build_architecture TEXT NOT NULL, 
	build_date BIGINT, 
	origin TEXT NOT NULL, 
	signature_state TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (digest)
);
CREATE TABLE built_files (
	digest BLOB NOT NULL, 
	buildinfo_id INTEGER NOT NULL, 
	PRIMARY KEY (digest, buildinfo_id), 
	FOREIGN KEY(buildinfo_id) REFERENCES buildinfos (id)
)
 WITHOUT ROWID

;
CREATE TABLE catalogue_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT catalogue_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "catalogue_version" VALUES('catalogue_0013');
CREATE TABLE closures (
	name TEXT NOT NULL, 
	definition BLOB NOT NULL, 
	manifest BLOB NOT NULL, 
	changed BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE entries (
	id INTEGER NOT NULL, 
	digest BLOB NOT NULL, 
	package_id INTEGER NOT NULL, 
	pack_id INTEGER NOT NULL, 
	position SMALLINT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE entry_files (
	entry_id INTEGER NOT NULL, 
	file_id INTEGER NOT NULL, 
	PRIMARY KEY (entry_id, file_id)
)
 WITHOUT ROWID

;
CREATE TABLE environments (
	id INTEGER NOT NULL, 
	digest BLOB NOT NULL, 
	kind TEXT NOT NULL, 
	members INTEGER NOT NULL, 
	created BIGINT NOT NULL, 
	last_used BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (digest)
);
CREATE TABLE files (
	id INTEGER NOT NULL, 
	path TEXT NOT NULL, 
	blob_id INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE identifiers (
	id INTEGER NOT NULL, 
	next_id BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "identifiers" VALUES(1,1);
CREATE TABLE made_files (
	subject TEXT NOT NULL, 
	path TEXT NOT NULL, 
	maker TEXT NOT NULL, 
	digest BLOB NOT NULL, 
	size BIGINT NOT NULL, 
	made BIGINT NOT NULL, 
	PRIMARY KEY (subject, path)
)
 WITHOUT ROWID

;
CREATE TABLE observations (
	stream_id INTEGER NOT NULL, 
	ts BIGINT NOT NULL, 
	run_id INTEGER NOT NULL, 
	index_digest BLOB NOT NULL, 
	PRIMARY KEY (stream_id, ts), 
	FOREIGN KEY(run_id) REFERENCES runs (id), 
	FOREIGN KEY(stream_id) REFERENCES streams (id)
)
 WITHOUT ROWID

;
CREATE TABLE packages (
	id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	version TEXT NOT NULL, 
	architecture TEXT NOT NULL, 
	source_name TEXT NOT NULL, 
	source_version TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE packs (
	id INTEGER NOT NULL, 
	body BLOB NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE pins (
	digest BLOB NOT NULL, 
	holder TEXT NOT NULL, 
	created BIGINT NOT NULL, 
	PRIMARY KEY (digest, holder)
);
CREATE TABLE presences (
	entry_id INTEGER NOT NULL, 
	stream_id INTEGER NOT NULL, 
	first_ts INTEGER NOT NULL, 
	until_ts BIGINT NOT NULL, 
	PRIMARY KEY (entry_id, stream_id, first_ts)
)
 WITHOUT ROWID

;
CREATE TABLE release_files (
	release_id INTEGER NOT NULL, 
	path TEXT NOT NULL, 
	digest BLOB NOT NULL, 
	size BIGINT NOT NULL, 
	PRIMARY KEY (release_id, path), 
	FOREIGN KEY(release_id) REFERENCES releases (id)
)
 WITHOUT ROWID

;
CREATE TABLE releases (
	id INTEGER NOT NULL, 
	digest BLOB NOT NULL, 
	date BIGINT NOT NULL, 
	valid_until BIGINT, 
	fingerprint TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (digest)
);
CREATE TABLE removal_files (
	digest BLOB NOT NULL, 
	removal_id INTEGER NOT NULL, 
	PRIMARY KEY (digest, removal_id), 
	FOREIGN KEY(removal_id) REFERENCES removals (id)
);
CREATE TABLE removal_runs (
	run_id INTEGER NOT NULL, 
	removal_id INTEGER NOT NULL, 
	PRIMARY KEY (run_id, removal_id), 
	FOREIGN KEY(removal_id) REFERENCES removals (id), 
	FOREIGN KEY(run_id) REFERENCES runs (id)
);
CREATE TABLE removals (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	removed BIGINT NOT NULL, 
	reason TEXT NOT NULL, 
	legal BOOLEAN NOT NULL
);
CREATE TABLE run_aliases (
	run_id INTEGER NOT NULL, 
	ts BIGINT NOT NULL, 
	PRIMARY KEY (run_id, ts), 
	FOREIGN KEY(run_id) REFERENCES runs (id)
);
CREATE TABLE run_releases (
	run_id INTEGER NOT NULL, 
	suite TEXT NOT NULL, 
	release_id INTEGER NOT NULL, 
	observed_until BIGINT NOT NULL, 
	PRIMARY KEY (run_id, suite), 
	FOREIGN KEY(release_id) REFERENCES releases (id), 
	FOREIGN KEY(run_id) REFERENCES runs (id)
);
CREATE TABLE runs (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	archive_id INTEGER NOT NULL, 
	ts BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	trust TEXT NOT NULL, 
	origin TEXT NOT NULL, removed BIGINT, scope TEXT, 
	FOREIGN KEY(archive_id) REFERENCES archives (id)
);
CREATE TABLE streams (
	id INTEGER NOT NULL, 
	archive_id INTEGER NOT NULL, 
	suite TEXT NOT NULL, 
	component TEXT NOT NULL, 
	architecture TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(archive_id) REFERENCES archives (id), 
	UNIQUE (archive_id, suite, component, architecture)
);
CREATE TABLE suite_aliases (
	run_id INTEGER NOT NULL, 
	alias TEXT NOT NULL, 
	suite TEXT NOT NULL, 
	PRIMARY KEY (run_id, alias), 
	FOREIGN KEY(run_id) REFERENCES runs (id)
);
CREATE TABLE validators (
	url TEXT NOT NULL, 
	digest BLOB NOT NULL, 
	etag TEXT NOT NULL, 
	modified TEXT NOT NULL, 
	PRIMARY KEY (url)
);
CREATE UNIQUE INDEX blobs_by_sha256 ON blobs (sha256);
CREATE INDEX buildinfos_by_source ON buildinfos (source, source_version);
CREATE UNIQUE INDEX entries_by_digest ON entries (digest);
CREATE INDEX entries_of_package ON entries (package_id);
CREATE INDEX entries_of_file ON entry_files (file_id);
CREATE UNIQUE INDEX files_by_path ON files (path, blob_id);
CREATE INDEX files_of_blob ON files (blob_id);
CREATE INDEX packages_by_source ON packages (source_name, source_version);
CREATE INDEX presences_of_stream ON presences (stream_id, until_ts, first_ts, entry_id);
CREATE UNIQUE INDEX one_published_run ON runs (archive_id, ts) WHERE state = 'published';
CREATE UNIQUE INDEX one_staging_run ON runs (archive_id) WHERE state = 'staging';
CREATE INDEX runs_by_stamp ON runs (archive_id, ts);
CREATE INDEX observations_of_run ON observations (run_id);
CREATE INDEX run_releases_by_release ON run_releases (release_id);
CREATE INDEX unproved_runs ON runs (archive_id) WHERE trust = 'none';
CREATE INDEX removal_files_of_removal ON removal_files (removal_id);
CREATE INDEX removal_runs_of_removal ON removal_runs (removal_id);
CREATE INDEX release_files_by_digest ON release_files (digest);
CREATE INDEX packages_by_name ON packages (name, version, kind, architecture);
CREATE INDEX built_files_of_record ON built_files (buildinfo_id);
CREATE INDEX blobs_by_sha1 ON blobs (sha1) WHERE sha1 IS NOT NULL;
CREATE INDEX run_aliases_by_stamp ON run_aliases (ts);
CREATE INDEX made_files_by_digest ON made_files (digest);
DELETE FROM "sqlite_sequence";
