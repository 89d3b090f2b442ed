CREATE TABLE attempt_artifacts (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	attempt_id INTEGER NOT NULL, 
	artifact_id INTEGER, 
	name TEXT NOT NULL, 
	file_name TEXT NOT NULL, 
	status TEXT NOT NULL, 
	sha256 BLOB, 
	size BIGINT, 
	detail TEXT NOT NULL, 
	FOREIGN KEY(artifact_id) REFERENCES target_artifacts (id), 
	FOREIGN KEY(attempt_id) REFERENCES attempts (id), 
	UNIQUE (attempt_id, file_name)
);
CREATE TABLE attempts (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	job_id INTEGER NOT NULL, 
	target_id INTEGER NOT NULL, 
	worker_id INTEGER, 
	lease_id INTEGER, 
	started_at FLOAT, 
	built_at FLOAT NOT NULL, 
	received_at FLOAT NOT NULL, 
	late BOOLEAN NOT NULL, 
	status TEXT NOT NULL, 
	reason TEXT, 
	detail TEXT NOT NULL, 
	reported_only BOOLEAN NOT NULL, 
	reported_status TEXT NOT NULL, 
	environment BLOB, 
	strategy TEXT NOT NULL, 
	added TEXT NOT NULL, 
	phases TEXT NOT NULL, 
	worker_version TEXT NOT NULL, 
	FOREIGN KEY(job_id) REFERENCES jobs (id), 
	FOREIGN KEY(lease_id) REFERENCES leases (id), 
	FOREIGN KEY(target_id) REFERENCES targets (id), 
	FOREIGN KEY(worker_id) REFERENCES workers (id), 
	UNIQUE (lease_id)
);
CREATE TABLE attestations (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	attempt_artifact_id INTEGER NOT NULL, 
	product BLOB NOT NULL, 
	digest BLOB NOT NULL, 
	keyids TEXT NOT NULL, 
	confirmed BOOLEAN NOT NULL, 
	made_at FLOAT NOT NULL, 
	FOREIGN KEY(attempt_artifact_id) REFERENCES attempt_artifacts (id), 
	UNIQUE (attempt_artifact_id)
);
CREATE TABLE campaign_targets (
	campaign_id INTEGER NOT NULL, 
	target_id INTEGER NOT NULL, 
	PRIMARY KEY (campaign_id, target_id), 
	FOREIGN KEY(campaign_id) REFERENCES campaigns (id), 
	FOREIGN KEY(target_id) REFERENCES targets (id)
);
CREATE TABLE campaigns (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	selection TEXT NOT NULL, 
	priority INTEGER NOT NULL, 
	replicas INTEGER NOT NULL, 
	created_at FLOAT NOT NULL, 
	UNIQUE (name)
);
CREATE TABLE evidence (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	job_id INTEGER NOT NULL, 
	attempt_id INTEGER, 
	worker_id INTEGER, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	digest BLOB NOT NULL, 
	size BIGINT NOT NULL, 
	encoding TEXT NOT NULL, 
	content_digest BLOB NOT NULL, 
	received_at FLOAT NOT NULL, 
	FOREIGN KEY(attempt_id) REFERENCES attempts (id), 
	FOREIGN KEY(job_id) REFERENCES jobs (id), 
	FOREIGN KEY(worker_id) REFERENCES workers (id)
);
CREATE TABLE jobs (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	target_id INTEGER NOT NULL, 
	replica INTEGER NOT NULL, 
	lane TEXT NOT NULL, 
	priority INTEGER NOT NULL, 
	day INTEGER NOT NULL, 
	spread INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	manual BOOLEAN NOT NULL, 
	queued_at FLOAT NOT NULL, 
	next_retry FLOAT, 
	started_at FLOAT, 
	closed_at FLOAT, 
	worker_id INTEGER, 
	leases INTEGER NOT NULL, 
	hurried INTEGER NOT NULL, 
	FOREIGN KEY(target_id) REFERENCES targets (id), 
	FOREIGN KEY(worker_id) REFERENCES workers (id)
);
CREATE TABLE leases (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	job_id INTEGER NOT NULL, 
	worker_id INTEGER NOT NULL, 
	token TEXT NOT NULL, 
	extended BOOLEAN NOT NULL, 
	claimed_at FLOAT NOT NULL, 
	last_ping FLOAT NOT NULL, 
	deadline FLOAT NOT NULL, 
	state TEXT NOT NULL, 
	FOREIGN KEY(job_id) REFERENCES jobs (id), 
	FOREIGN KEY(worker_id) REFERENCES workers (id), 
	UNIQUE (token)
);
CREATE TABLE ledger_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT ledger_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "ledger_version" VALUES('ledger_0001');
CREATE TABLE suite_artifacts (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	suite_id INTEGER NOT NULL, 
	artifact_id INTEGER NOT NULL, 
	component TEXT NOT NULL, 
	FOREIGN KEY(artifact_id) REFERENCES target_artifacts (id), 
	FOREIGN KEY(suite_id) REFERENCES target_suites (id), 
	UNIQUE (suite_id, artifact_id, component)
);
CREATE TABLE target_artifacts (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	target_id INTEGER NOT NULL, 
	file_name TEXT NOT NULL, 
	name TEXT NOT NULL, 
	version TEXT NOT NULL, 
	architecture TEXT NOT NULL, 
	sha256 BLOB, 
	size BIGINT, 
	url TEXT NOT NULL, 
	origin TEXT NOT NULL, 
	FOREIGN KEY(target_id) REFERENCES targets (id), 
	UNIQUE (target_id, file_name)
);
CREATE TABLE target_suites (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	target_id INTEGER NOT NULL, 
	release TEXT NOT NULL, 
	last_seen FLOAT NOT NULL, 
	seen_in_last_sync BOOLEAN NOT NULL, 
	FOREIGN KEY(target_id) REFERENCES targets (id), 
	UNIQUE (target_id, release)
);
CREATE TABLE targets (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	identity BLOB NOT NULL, 
	kind TEXT NOT NULL, 
	distribution TEXT NOT NULL, 
	source TEXT NOT NULL, 
	version TEXT NOT NULL, 
	architecture TEXT NOT NULL, 
	backend TEXT NOT NULL, 
	build TEXT NOT NULL, 
	input_name TEXT NOT NULL, 
	input_digest BLOB, 
	input_url TEXT NOT NULL, 
	environment BLOB, 
	derive_archive TEXT NOT NULL, 
	derive_timestamp TEXT NOT NULL, 
	derive_suites TEXT NOT NULL, 
	tags TEXT NOT NULL, 
	created_at FLOAT NOT NULL, 
	retries INTEGER NOT NULL, 
	newest_attempt INTEGER, 
	newest_built_at FLOAT, 
	status TEXT, 
	reason TEXT, 
	UNIQUE (identity)
);
CREATE TABLE workers (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	"key" TEXT NOT NULL, 
	name TEXT NOT NULL, 
	address TEXT NOT NULL, 
	status TEXT, 
	registered_at FLOAT NOT NULL, 
	last_ping FLOAT NOT NULL, 
	removed BOOLEAN NOT NULL, 
	UNIQUE ("key")
);
CREATE INDEX ix_targets_source ON targets (source, version);
CREATE INDEX ix_campaign_targets_target_id ON campaign_targets (target_id);
CREATE INDEX ix_jobs_queued ON jobs (lane, priority, day, spread, id) WHERE state = 'queued';
CREATE INDEX ix_jobs_target_id ON jobs (target_id);
CREATE INDEX ix_jobs_waiting ON jobs (next_retry) WHERE state = 'waiting';
CREATE UNIQUE INDEX uq_jobs_open ON jobs (target_id, replica) WHERE state IN ('queued', 'waiting', 'running');
CREATE INDEX ix_target_artifacts_name ON target_artifacts (name, version);
CREATE INDEX ix_target_artifacts_sha256 ON target_artifacts (sha256);
CREATE INDEX ix_target_suites_release ON target_suites (release, seen_in_last_sync);
CREATE INDEX ix_leases_active ON leases (deadline) WHERE state = 'active';
CREATE INDEX ix_leases_job_id ON leases (job_id);
CREATE INDEX ix_leases_worker ON leases (worker_id, job_id);
CREATE INDEX ix_suite_artifacts_artifact_id ON suite_artifacts (artifact_id);
CREATE INDEX ix_attempts_built_at ON attempts (built_at);
CREATE INDEX ix_attempts_job_id ON attempts (job_id);
CREATE INDEX ix_attempts_newest ON attempts (target_id, built_at, id);
CREATE INDEX ix_attempts_target_id ON attempts (target_id);
CREATE INDEX ix_attempts_worker_id ON attempts (worker_id);
CREATE INDEX ix_attempt_artifacts_artifact_id ON attempt_artifacts (artifact_id);
CREATE INDEX ix_attempt_artifacts_sha256 ON attempt_artifacts (sha256);
CREATE INDEX ix_evidence_attempt_id ON evidence (attempt_id);
CREATE INDEX ix_evidence_job_id ON evidence (job_id);
CREATE INDEX ix_attestations_product ON attestations (product);
DELETE FROM "sqlite_sequence";
