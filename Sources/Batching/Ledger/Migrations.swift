/// The ledger's schema as numbered steps: step *n* takes a ledger of `user_version` *n* - 1 to *n*. A step that was
/// shipped never changes; what comes later is a new step at the end.
enum Migrations {
  static let all = [first, published]

  /// Instants are whole seconds since 1970, lengths milliseconds. README documents the columns.
  private static let first = """
    CREATE TABLE assets (
      id TEXT PRIMARY KEY NOT NULL,
      creator TEXT,
      title TEXT,
      source TEXT NOT NULL,
      bytes INTEGER NOT NULL,
      sha256 TEXT,
      status TEXT NOT NULL CHECK (status IN ('queued', 'processing', 'ready', 'failed')),
      version INTEGER NOT NULL DEFAULT 1,
      duration_ms INTEGER,
      width INTEGER,
      height INTEGER,
      has_audio INTEGER,
      asset_key TEXT,
      manifest_key TEXT,
      thumbnail_key TEXT,
      published_at INTEGER,
      failure_reason TEXT,
      failure_code TEXT,
      retryable INTEGER NOT NULL DEFAULT 0,
      crashes INTEGER NOT NULL DEFAULT 0,
      outdated INTEGER NOT NULL DEFAULT 0,
      recipe TEXT,
      ladder TEXT,
      max_height INTEGER,
      captions TEXT
    );
    CREATE INDEX assets_sha256 ON assets(sha256) WHERE sha256 IS NOT NULL;
    CREATE INDEX assets_status ON assets(status);

    CREATE TABLE renditions (
      asset_id TEXT NOT NULL REFERENCES assets(id) ON DELETE CASCADE ON UPDATE CASCADE,
      profile TEXT NOT NULL,
      kind TEXT NOT NULL,
      rate INTEGER,
      playlist_key TEXT,
      segment_count INTEGER,
      codec TEXT,
      status TEXT NOT NULL DEFAULT 'ready' CHECK (status IN ('ready', 'outdated')),
      PRIMARY KEY (asset_id, profile)
    ) WITHOUT ROWID;

    CREATE TABLE jobs (
      number INTEGER PRIMARY KEY,
      asset_id TEXT NOT NULL REFERENCES assets(id) ON DELETE CASCADE ON UPDATE CASCADE,
      version INTEGER NOT NULL,
      stage TEXT NOT NULL DEFAULT 'probe' 
        CHECK (stage IN ('probe', 'plan', 'encode', 'package', 'commit', 'publish')),
      status TEXT NOT NULL CHECK (status IN ('queued', 'waiting', 'running', 'done', 'failed')),
      attempt INTEGER NOT NULL DEFAULT 1,
      priority INTEGER NOT NULL DEFAULT 0,
      error TEXT,
      error_code TEXT,
      run_after INTEGER,
      waits_for TEXT,
      progress INTEGER NOT NULL DEFAULT 0,
      pid INTEGER,
      queued_at INTEGER NOT NULL,
      started_at INTEGER,
      ended_at INTEGER,
      probe_ms INTEGER,
      plan_ms INTEGER,
      encode_ms INTEGER,
      package_ms INTEGER,
      commit_ms INTEGER,
      publish_ms INTEGER,
      total_ms INTEGER,
      media_ms INTEGER,
      bytes_in INTEGER,
      bytes_out INTEGER
    );
    CREATE INDEX jobs_asset ON jobs(asset_id, number);
    CREATE UNIQUE INDEX jobs_open ON jobs(asset_id) WHERE status IN ('queued', 'waiting', 'running');
    CREATE INDEX jobs_queue ON jobs(priority DESC, number) WHERE status = 'queued';
    CREATE INDEX jobs_age ON jobs(queued_at) WHERE status = 'queued';
    CREATE INDEX jobs_waiting ON jobs(run_after) WHERE status = 'waiting';
    CREATE INDEX jobs_twins ON jobs(waits_for) WHERE waits_for IS NOT NULL;
    CREATE INDEX jobs_running ON jobs(number) WHERE status = 'running';
    CREATE INDEX jobs_done ON jobs(ended_at) WHERE status = 'done';

    CREATE TABLE policy (
      asset_id TEXT PRIMARY KEY NOT NULL REFERENCES assets(id) ON DELETE CASCADE ON UPDATE CASCADE,
      max_bitrate INTEGER,
      priority INTEGER NOT NULL DEFAULT 0,
      cache_hint TEXT
    );

    CREATE TABLE uploads (
      path TEXT PRIMARY KEY NOT NULL,
      asset_id TEXT REFERENCES assets(id) ON DELETE SET NULL ON UPDATE CASCADE,
      stamp TEXT NOT NULL,
      beside TEXT NOT NULL DEFAULT '',
      state TEXT NOT NULL CHECK (state IN ('arriving', 'known', 'forgotten')),
      seen_ms INTEGER,
      boot TEXT
    ) WITHOUT ROWID;
    CREATE INDEX uploads_asset ON uploads(asset_id) WHERE asset_id IS NOT NULL;

    CREATE TABLE totals (
      name TEXT NOT NULL,
      label TEXT NOT NULL DEFAULT '',
      value INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (name, label)
    ) WITHOUT ROWID;
    CREATE TABLE facts (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;

    CREATE TRIGGER assets_added AFTER INSERT ON assets BEGIN
      INSERT INTO totals VALUES ('assets', new.status, 1)
        ON CONFLICT DO UPDATE SET value = value + 1;
      INSERT INTO totals VALUES ('outdated', '', new.outdated)
        ON CONFLICT DO UPDATE SET value = value + new.outdated;
      INSERT INTO totals SELECT 'failed', coalesce(new.failure_code, ''), 1 WHERE new.status = 'failed'
        ON CONFLICT DO UPDATE SET value = value + 1;
    END;
    CREATE TRIGGER assets_removed AFTER DELETE ON assets BEGIN
      UPDATE totals SET value = value - 1 WHERE name = 'assets' AND label = old.status;
      UPDATE totals SET value = value - old.outdated WHERE name = 'outdated' AND label = '';
      UPDATE totals SET value = value - 1
        WHERE old.status = 'failed' AND name = 'failed' AND label = coalesce(old.failure_code, '');
    END;
    CREATE TRIGGER assets_changed AFTER UPDATE OF status ON assets WHEN old.status <> new.status BEGIN
      UPDATE totals SET value = value - 1 WHERE name = 'assets' AND label = old.status;
      INSERT INTO totals VALUES ('assets', new.status, 1)
        ON CONFLICT DO UPDATE SET value = value + 1;
    END;
    CREATE TRIGGER assets_failing AFTER UPDATE OF status, failure_code ON assets
      WHEN old.status = 'failed' OR new.status = 'failed' BEGIN
      UPDATE totals SET value = value - 1
        WHERE old.status = 'failed' AND name = 'failed' AND label = coalesce(old.failure_code, '');
      INSERT INTO totals SELECT 'failed', coalesce(new.failure_code, ''), 1 WHERE new.status = 'failed'
        ON CONFLICT DO UPDATE SET value = value + 1;
    END;
    CREATE TRIGGER assets_aged AFTER UPDATE OF outdated ON assets WHEN old.outdated <> new.outdated BEGIN
      UPDATE totals SET value = value + new.outdated - old.outdated WHERE name = 'outdated' AND label = '';
    END;
    """

  /// What is in which bucket. No reference to `assets`: trees without a batch have none, and an asset that is forgotten
  /// here may still be there.
  private static let published = """
    CREATE TABLE published (
      target TEXT NOT NULL,
      key TEXT NOT NULL,
      asset_id TEXT NOT NULL,
      stage INTEGER NOT NULL,
      sha256 TEXT NOT NULL,
      bytes INTEGER NOT NULL,
      form TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('sending', 'there', 'retired', 'removing')),
      remove_after INTEGER,
      upload TEXT,
      PRIMARY KEY (target, key)
    ) WITHOUT ROWID;
    CREATE INDEX published_asset ON published(asset_id, target);
    CREATE INDEX published_leaving ON published(target) WHERE state IN ('retired', 'removing');
    """
}
