-- Mail: mailboxes, messages, bodies, tombstones, what is to be published and what was delivered.
--
-- Every key leads with account_id and no statement joins across accounts, so that a sharding engine can carry it.
-- Locks are taken in one order: the account's row in account_state, then mailboxes by ascending id. Who holds a
-- mailbox's row is alone in changing its entries, so entries need no locks of their own.
-- Times are milliseconds since 1970 in UTC.

-- The hot row of an account: locked first by whatever changes its mail.
CREATE TABLE account_state (
  account_id        bigint PRIMARY KEY,
  change_seq        bigint NOT NULL DEFAULT 0,
  next_mailbox_id   bigint NOT NULL DEFAULT 1,
  next_message_id   bigint NOT NULL DEFAULT 1,
  last_uid_validity bigint NOT NULL DEFAULT 0,
  used_octets       bigint NOT NULL DEFAULT 0,
  used_messages     bigint NOT NULL DEFAULT 0,
  used_mailboxes    bigint NOT NULL DEFAULT 0,
  -- 0: no limit.
  limit_octets      bigint NOT NULL DEFAULT 0,
  limit_messages    bigint NOT NULL DEFAULT 0,
  limit_mailboxes   bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0.05);

CREATE TABLE mailbox (
  account_id       bigint NOT NULL,
  mailbox_id       bigint NOT NULL,
  uid_validity     bigint NOT NULL,
  uid_next         bigint NOT NULL DEFAULT 1,
  highest_modseq   bigint NOT NULL DEFAULT 1,
  purged_modseq    bigint NOT NULL DEFAULT 0,
  octets           bigint NOT NULL DEFAULT 0,
  messages         bigint NOT NULL DEFAULT 0,
  unseen           bigint NOT NULL DEFAULT 0,
  deleted          bigint NOT NULL DEFAULT 0,
  -- Messages with at least first_recent_uid, of which there are `recent`, nobody has claimed yet.
  first_recent_uid bigint NOT NULL DEFAULT 1,
  recent           bigint NOT NULL DEFAULT 0,
  special_use      integer NOT NULL DEFAULT 0,
  selectable       boolean NOT NULL DEFAULT true,
  name             text COLLATE "C" NOT NULL,
  -- Keywords in use or once used, in the order seen, each in its first spelling.
  keywords         text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (account_id, mailbox_id)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
CREATE UNIQUE INDEX mailbox_name ON mailbox (account_id, name);

-- Deleted mailboxes whose entries are still to be removed.
CREATE TABLE mailbox_removed (
  account_id bigint NOT NULL,
  mailbox_id bigint NOT NULL,
  PRIMARY KEY (account_id, mailbox_id)
);

CREATE TABLE subscription (
  account_id bigint NOT NULL,
  name       text COLLATE "C" NOT NULL,
  PRIMARY KEY (account_id, name)
);

-- What was learned of a message when it was parsed; never changed, shared by its copies in the account.
CREATE TABLE message (
  account_id         bigint NOT NULL,
  message_id         bigint NOT NULL,
  blob_id            uuid NOT NULL,
  size               bigint NOT NULL,
  -- Chunk 0 of the body has this many octets, each later one 262144.
  first_chunk_octets integer NOT NULL,
  header_octets      bigint NOT NULL,
  thread_id          bigint NOT NULL,
  -- The Date field: in UTC, and as days since 1970 in its own zone.
  sent_millis        bigint,
  sent_day           integer,
  parser_version     integer NOT NULL,
  -- mailwing.store.v1.Envelope and .Part, serialized.
  envelope           bytea NOT NULL,
  structure          bytea NOT NULL,
  preview            text COLLATE "C" NOT NULL,
  -- RFC 5256 and RFC 5957 sort keys, case-mapped.
  base_subject       text COLLATE "C" NOT NULL,
  sort_from          text COLLATE "C" NOT NULL,
  sort_to            text COLLATE "C" NOT NULL,
  sort_cc            text COLLATE "C" NOT NULL,
  display_from       text COLLATE "C" NOT NULL,
  display_to         text COLLATE "C" NOT NULL,
  message_id_header  text COLLATE "C",
  -- References, else In-Reply-To (RFC 5256 section 3), oldest first.
  reference_ids      text[] COLLATE "C",
  PRIMARY KEY (account_id, message_id)
) WITH (toast_tuple_target = 4080);

-- Which thread a Message-ID that was seen as its own or as a reference belongs to; by a 64-bit hash.
CREATE TABLE thread_ref (
  account_id bigint NOT NULL,
  ref_hash   bigint NOT NULL,
  thread_id  bigint NOT NULL,
  PRIMARY KEY (account_id, ref_hash)
);

-- A message in a mailbox.
CREATE TABLE entry (
  account_id    bigint NOT NULL,
  mailbox_id    bigint NOT NULL,
  uid           bigint NOT NULL,
  message_id    bigint NOT NULL,
  modseq        bigint NOT NULL,
  size          bigint NOT NULL,
  internal_date bigint NOT NULL,
  save_date     bigint NOT NULL,
  zone_minutes  integer NOT NULL,
  -- SystemFlag bits.
  flags         integer NOT NULL,
  -- Ascending; null for none.
  keywords      text[] COLLATE "C",
  PRIMARY KEY (account_id, mailbox_id, uid)
) WITH (fillfactor = 85);
CREATE INDEX entry_modseq ON entry (account_id, mailbox_id, modseq);
CREATE INDEX entry_message ON entry (account_id, message_id);

-- Tombstones. message_id is null once the message can no longer be undeleted.
CREATE TABLE expunged (
  account_id    bigint NOT NULL,
  mailbox_id    bigint NOT NULL,
  uid           bigint NOT NULL,
  modseq        bigint NOT NULL,
  at            bigint NOT NULL,
  message_id    bigint,
  internal_date bigint NOT NULL,
  zone_minutes  integer NOT NULL,
  flags         integer NOT NULL,
  keywords      text[] COLLATE "C",
  PRIMARY KEY (account_id, mailbox_id, uid)
);
CREATE INDEX expunged_modseq ON expunged (account_id, mailbox_id, modseq);
CREATE INDEX expunged_message ON expunged (account_id, message_id) WHERE message_id IS NOT NULL;

-- Bodies: immutable octets. A body of a few kilobytes stays in the row, so that it is read without TOAST.
CREATE TABLE blob_chunk (
  account_id bigint NOT NULL,
  blob_id    uuid NOT NULL,
  chunk_no   integer NOT NULL,
  octets     bytea NOT NULL,
  PRIMARY KEY (account_id, blob_id, chunk_no)
) WITH (toast_tuple_target = 8160);
DO $$
BEGIN
  ALTER TABLE blob_chunk ALTER COLUMN octets SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
  -- A server built without lz4: pglz would cost more than the space is worth.
  ALTER TABLE blob_chunk ALTER COLUMN octets SET STORAGE EXTERNAL;
END $$;

-- Large bodies on their way in: chunks are there, the message is not yet. Old ones are orphans.
CREATE TABLE blob_upload (
  account_id bigint NOT NULL,
  blob_id    uuid NOT NULL,
  at         bigint NOT NULL,
  PRIMARY KEY (account_id, blob_id)
);

-- Changes not yet published. A row that exists is unpublished.
CREATE TABLE outbox (
  account_id bigint NOT NULL,
  change_seq bigint NOT NULL,
  mailbox_id bigint NOT NULL,
  modseq     bigint NOT NULL,
  uid_next   bigint NOT NULL,
  deleted    boolean NOT NULL,
  at         bigint NOT NULL,
  PRIMARY KEY (account_id, change_seq)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

-- What has been stored under which delivery id, so that a repeat stores nothing twice. Aged out after days.
CREATE TABLE delivery (
  account_id   bigint NOT NULL,
  delivery_id  bytea NOT NULL,
  mailbox_id   bigint NOT NULL,
  uid_validity bigint NOT NULL,
  uid          bigint NOT NULL,
  modseq       bigint NOT NULL,
  at           bigint NOT NULL,
  PRIMARY KEY (account_id, delivery_id)
);

-- The rest of a delivery of which a part is committed: kept with an account that has committed (account_id), whose
-- blob holds the octets behind its own prefix of skip_octets, to be stored for target_account_id later.
CREATE TABLE delivery_retry (
  account_id         bigint NOT NULL,
  delivery_id        bytea NOT NULL,
  target_account_id  bigint NOT NULL,
  blob_id            uuid NOT NULL,
  size               bigint NOT NULL,
  first_chunk_octets integer NOT NULL,
  skip_octets        integer NOT NULL,
  header_prefix      bytea NOT NULL,
  mailbox_name       text NOT NULL,
  internal_date      bigint NOT NULL,
  created_at         bigint NOT NULL,
  attempts           integer NOT NULL DEFAULT 0,
  next_at            bigint NOT NULL,
  PRIMARY KEY (account_id, delivery_id, target_account_id)
);
CREATE INDEX delivery_retry_next ON delivery_retry (next_at);

CREATE FUNCTION mail_now() RETURNS bigint LANGUAGE sql VOLATILE
  AS $$ SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;

-- The spellings under which a mailbox knows these keywords; a new one is itself.
CREATE FUNCTION mail_known_keywords(p_known text[], p_wanted text[]) RETURNS text[] LANGUAGE sql IMMUTABLE
  AS $$
  SELECT array_agg(DISTINCT coalesce((SELECT k FROM unnest(p_known) k WHERE lower(k) = lower(w) LIMIT 1), w) COLLATE "C"
                   ORDER BY coalesce((SELECT k FROM unnest(p_known) k WHERE lower(k) = lower(w) LIMIT 1), w) COLLATE "C")
  FROM unnest(p_wanted) w
  $$;

-- Keywords after an operation (1 replace, 2 add, 3 remove) with canonical keywords; null for none.
CREATE FUNCTION mail_changed_keywords(p_old text[], p_wanted text[], p_operation integer) RETURNS text[]
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN p_operation = 1 THEN p_wanted
    WHEN p_wanted IS NULL THEN p_old
    WHEN p_operation = 2 THEN ARRAY(SELECT DISTINCT k COLLATE "C" FROM unnest(p_old || p_wanted) k ORDER BY 1)
    WHEN p_old IS NULL THEN null
    ELSE nullif(ARRAY(SELECT k COLLATE "C" FROM unnest(p_old) k WHERE k <> ALL (p_wanted) ORDER BY 1), '{}')
  END
  $$;

-- Stores up to 64 messages into one mailbox: the whole of a delivery or an append, in one round trip.
--
-- Parallel arrays, an element a message. p_bodies: null where the chunks were uploaded under p_blobs before.
-- p_keywords: atoms joined by a space, or null. p_references: joined by a line feed, or null. p_ref_hashes holds the
-- thread hashes of message i at (p_ref_ends[i - 1], p_ref_ends[i]].
-- p_mailbox 0: by name; p_inbox: INBOX where there is no such mailbox.
-- p_atomic: all or none.
-- Outcomes: 1 stored, 2 stored before, 3 over quota, 4 no such account, 5 no such mailbox, 6 too many keywords,
-- 7 the uploaded chunks are gone, 8 another one of an atomic append failed.
CREATE FUNCTION mail_store(
  p_account bigint, p_mailbox bigint, p_name text, p_inbox boolean, p_atomic boolean, p_max_keywords integer,
  p_parser_version integer,
  p_delivery_ids bytea[], p_flags integer[], p_keywords text[], p_internal_dates bigint[], p_zones integer[],
  p_sizes bigint[], p_first_chunks integer[], p_header_octets bigint[], p_blobs uuid[], p_bodies bytea[],
  p_envelopes bytea[], p_structures bytea[], p_previews text[], p_ref_hashes bigint[], p_ref_ends integer[],
  p_sent_millis bigint[], p_sent_days integer[], p_base_subjects text[], p_sort_froms text[], p_sort_tos text[],
  p_sort_ccs text[], p_display_froms text[], p_display_tos text[], p_message_ids text[], p_references text[],
  OUT outcomes integer[], OUT mailbox_ids bigint[], OUT uid_validities bigint[], OUT uids bigint[],
  OUT modseqs bigint[])
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  n integer := cardinality(p_sizes);
  a account_state%ROWTYPE;
  m mailbox%ROWTYPE;
  d delivery%ROWTYPE;
  v_now bigint := mail_now();
  v_octets bigint := 0;
  v_stored integer := 0;
  v_unseen integer := 0;
  v_deleted integer := 0;
  v_uploads integer := 0;
  v_failed boolean := false;
  v_outcome integer;
  v_refs bigint[];
  v_keywords text[];
  v_known text[];
  v_message_ids bigint[] := array_fill(null::bigint, ARRAY[n]);
  v_threads bigint[] := array_fill(null::bigint, ARRAY[n]);
  v_canonical text[] := array_fill(null::text, ARRAY[n]);
BEGIN
  outcomes := array_fill(0, ARRAY[n]);
  mailbox_ids := array_fill(0::bigint, ARRAY[n]);
  uid_validities := mailbox_ids;
  uids := array_fill(null::bigint, ARRAY[n]);
  modseqs := mailbox_ids;

  SELECT * INTO a FROM account_state s WHERE s.account_id = p_account FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    outcomes := array_fill(4, ARRAY[n]);
    RETURN;
  END IF;
  IF p_mailbox <> 0 THEN
    SELECT * INTO m FROM mailbox b WHERE b.account_id = p_account AND b.mailbox_id = p_mailbox AND b.selectable
      FOR NO KEY UPDATE;
  ELSE
    SELECT * INTO m FROM mailbox b WHERE b.account_id = p_account AND b.name = p_name AND b.selectable
      FOR NO KEY UPDATE;
    IF NOT FOUND AND p_inbox THEN
      SELECT * INTO m FROM mailbox b WHERE b.account_id = p_account AND b.name = 'INBOX' AND b.selectable
        FOR NO KEY UPDATE;
    END IF;
  END IF;
  v_known := m.keywords;

  FOR i IN 1..n LOOP
    SELECT * INTO d FROM delivery x WHERE x.account_id = p_account AND x.delivery_id = p_delivery_ids[i];
    IF FOUND THEN
      outcomes[i] := 2;
      mailbox_ids[i] := d.mailbox_id;
      uid_validities[i] := d.uid_validity;
      uids[i] := d.uid;
      modseqs[i] := d.modseq;
      CONTINUE;
    END IF;
    v_outcome := 1;
    IF m.mailbox_id IS NULL THEN
      v_outcome := 5;
    ELSIF a.limit_octets > 0 AND a.used_octets + v_octets + p_sizes[i] > a.limit_octets
        OR a.limit_messages > 0 AND a.used_messages + v_stored >= a.limit_messages THEN
      v_outcome := 3;
    END IF;
    IF v_outcome = 1 AND p_keywords[i] IS NOT NULL THEN
      v_keywords := mail_known_keywords(v_known, string_to_array(p_keywords[i], ' '));
      v_canonical[i] := array_to_string(v_keywords, ' ');
      v_keywords := ARRAY(SELECT k FROM unnest(v_keywords) k WHERE k <> ALL (v_known));
      IF cardinality(v_known) + cardinality(v_keywords) > p_max_keywords AND cardinality(v_keywords) > 0 THEN
        v_outcome := 6;
      ELSE
        v_known := v_known || v_keywords;
      END IF;
    END IF;
    outcomes[i] := v_outcome;
    IF v_outcome <> 1 THEN
      v_failed := true;
      CONTINUE;
    END IF;
    mailbox_ids[i] := m.mailbox_id;
    uid_validities[i] := m.uid_validity;
    uids[i] := m.uid_next + v_stored;
    modseqs[i] := m.highest_modseq + 1;
    v_message_ids[i] := a.next_message_id + v_stored;
    v_stored := v_stored + 1;
    v_octets := v_octets + p_sizes[i];
    IF p_flags[i] & 1 = 0 THEN v_unseen := v_unseen + 1; END IF;
    IF p_flags[i] & 8 <> 0 THEN v_deleted := v_deleted + 1; END IF;
    IF p_bodies[i] IS NULL THEN v_uploads := v_uploads + 1; END IF;
  END LOOP;

  IF v_failed AND p_atomic THEN
    FOR i IN 1..n LOOP
      IF outcomes[i] = 1 THEN outcomes[i] := 8; END IF;
    END LOOP;
    RETURN;
  END IF;
  IF v_stored = 0 THEN
    RETURN;
  END IF;

  IF v_uploads > 0 THEN
    FOR i IN 1..n LOOP
      IF v_message_ids[i] IS NOT NULL AND p_bodies[i] IS NULL THEN
        DELETE FROM blob_upload u WHERE u.account_id = p_account AND u.blob_id = p_blobs[i];
        IF NOT FOUND THEN
          RAISE EXCEPTION 'uploaded body is gone' USING ERRCODE = 'MW007';
        END IF;
      END IF;
    END LOOP;
  END IF;

  FOR i IN 1..n LOOP
    IF v_message_ids[i] IS NULL THEN CONTINUE; END IF;
    v_refs := p_ref_hashes[(CASE i WHEN 1 THEN 0 ELSE p_ref_ends[i - 1] END) + 1 : p_ref_ends[i]];
    v_threads[i] := v_message_ids[i];
    IF cardinality(v_refs) > 0 THEN
      v_threads[i] := coalesce(
        (SELECT min(t.thread_id) FROM thread_ref t WHERE t.account_id = p_account AND t.ref_hash = ANY (v_refs)),
        v_message_ids[i]);
      INSERT INTO thread_ref SELECT p_account, h, v_threads[i] FROM unnest(v_refs) h ON CONFLICT DO NOTHING;
    END IF;
  END LOOP;

  INSERT INTO blob_chunk (account_id, blob_id, chunk_no, octets)
    SELECT p_account, t.blob, 0, t.body
    FROM unnest(p_blobs, p_bodies, v_message_ids) t (blob, body, id)
    WHERE t.id IS NOT NULL AND t.body IS NOT NULL;
  INSERT INTO message (account_id, message_id, blob_id, size, first_chunk_octets, header_octets, thread_id,
      sent_millis, sent_day, parser_version, envelope, structure, preview, base_subject, sort_from, sort_to, sort_cc,
      display_from, display_to, message_id_header, reference_ids)
    SELECT p_account, t.id, t.blob, t.size, t.first_chunk, t.header_octets, t.thread,
      t.sent_millis, t.sent_day, p_parser_version, t.envelope, t.structure, t.preview, t.base_subject, t.sort_from,
      t.sort_to, t.sort_cc, t.display_from, t.display_to, t.message_id_header, string_to_array(t.refs, E'\n')
    FROM unnest(v_message_ids, p_blobs, p_sizes, p_first_chunks, p_header_octets, v_threads, p_sent_millis,
        p_sent_days, p_envelopes, p_structures, p_previews, p_base_subjects, p_sort_froms, p_sort_tos, p_sort_ccs,
        p_display_froms, p_display_tos, p_message_ids, p_references)
      t (id, blob, size, first_chunk, header_octets, thread, sent_millis, sent_day, envelope, structure, preview,
        base_subject, sort_from, sort_to, sort_cc, display_from, display_to, message_id_header, refs)
    WHERE t.id IS NOT NULL;
  INSERT INTO entry (account_id, mailbox_id, uid, message_id, modseq, size, internal_date, save_date, zone_minutes,
      flags, keywords)
    SELECT p_account, m.mailbox_id, t.uid, t.id, m.highest_modseq + 1, t.size, t.internal_date, v_now, t.zone, t.flags,
      string_to_array(t.keywords, ' ')
    FROM unnest(uids, v_message_ids, p_sizes, p_internal_dates, p_zones, p_flags, v_canonical)
      t (uid, id, size, internal_date, zone, flags, keywords)
    WHERE t.id IS NOT NULL;
  -- The same id twice in one call: the unique key makes the whole call fail, and the caller sends them one by one.
  INSERT INTO delivery (account_id, delivery_id, mailbox_id, uid_validity, uid, modseq, at)
    SELECT p_account, t.delivery_id, m.mailbox_id, m.uid_validity, t.uid, m.highest_modseq + 1, v_now
    FROM unnest(p_delivery_ids, uids, v_message_ids) t (delivery_id, uid, id)
    WHERE t.id IS NOT NULL;
  UPDATE mailbox b SET uid_next = m.uid_next + v_stored, highest_modseq = m.highest_modseq + 1,
      messages = m.messages + v_stored, unseen = m.unseen + v_unseen, deleted = m.deleted + v_deleted,
      octets = m.octets + v_octets, recent = m.recent + v_stored, keywords = v_known
    WHERE b.account_id = p_account AND b.mailbox_id = m.mailbox_id;
  INSERT INTO outbox VALUES (p_account, a.change_seq + 1, m.mailbox_id, m.highest_modseq + 1, m.uid_next + v_stored,
    false, v_now);
  UPDATE account_state s SET change_seq = a.change_seq + 1, next_message_id = a.next_message_id + v_stored,
      used_octets = a.used_octets + v_octets, used_messages = a.used_messages + v_stored
    WHERE s.account_id = p_account;
END $$;

-- Changes the flags of at most p_limit messages of the ranges, ascending by UID.
-- p_operation: 1 replace, 2 add, 3 remove. p_unchanged_since: -1 for none.
-- Outcome: 1 done, 5 no such mailbox, 6 too many keywords. reached: the last UID looked at; null where there was none.
CREATE FUNCTION mail_store_flags(
  p_account bigint, p_mailbox bigint, p_first bigint[], p_last bigint[], p_limit integer, p_operation integer,
  p_flags integer, p_keywords text[], p_unchanged_since bigint, p_max_keywords integer,
  OUT outcome integer, OUT looked integer, OUT reached bigint, OUT uids bigint[], OUT flags integer[],
  OUT keywords text[], OUT modseqs bigint[], OUT sizes bigint[], OUT modified bigint[], OUT previous_modseq bigint,
  OUT modseq bigint)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  v_change_seq bigint;
  m mailbox%ROWTYPE;
  v_now bigint := mail_now();
  v_keywords text[];
  v_known text[];
  v_changed bigint[];
  v_unseen integer;
  v_deleted integer;
BEGIN
  outcome := 1;
  SELECT s.change_seq INTO v_change_seq FROM account_state s WHERE s.account_id = p_account FOR NO KEY UPDATE;
  SELECT * INTO m FROM mailbox b WHERE b.account_id = p_account AND b.mailbox_id = p_mailbox AND b.selectable
    FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    outcome := 5;
    RETURN;
  END IF;
  previous_modseq := m.highest_modseq;
  modseq := m.highest_modseq;
  v_known := m.keywords;
  IF cardinality(p_keywords) > 0 THEN
    v_keywords := mail_known_keywords(v_known, p_keywords);
    IF p_operation <> 3 THEN
      v_known := v_known || ARRAY(SELECT k FROM unnest(v_keywords) k WHERE k <> ALL (v_known));
      IF cardinality(v_known) > p_max_keywords AND cardinality(v_known) > cardinality(m.keywords) THEN
        outcome := 6;
        RETURN;
      END IF;
    END IF;
  END IF;
  -- First what is to be done, then the update by UIDs in an array: an index scan whatever the planner believes.
  SELECT count(*), max(w.uid),
    array_agg(w.uid) FILTER (WHERE w.changes),
    coalesce(sum((w.flags & 1) - (w.new_flags & 1)) FILTER (WHERE w.changes), 0),
    coalesce(sum((w.new_flags & 8) / 8 - (w.flags & 8) / 8) FILTER (WHERE w.changes), 0),
    array_agg(w.uid ORDER BY w.uid) FILTER (WHERE NOT w.stale),
    array_agg(w.new_flags ORDER BY w.uid) FILTER (WHERE NOT w.stale),
    array_agg(array_to_string(w.new_keywords, ' ') ORDER BY w.uid) FILTER (WHERE NOT w.stale),
    array_agg(CASE WHEN w.changes THEN m.highest_modseq + 1 ELSE w.modseq END ORDER BY w.uid)
      FILTER (WHERE NOT w.stale),
    array_agg(w.size ORDER BY w.uid) FILTER (WHERE NOT w.stale),
    array_agg(w.uid ORDER BY w.uid) FILTER (WHERE w.stale)
  INTO looked, reached, v_changed, v_unseen, v_deleted, uids, flags, keywords, modseqs, sizes, modified
  FROM (
    SELECT n.*, NOT n.stale AND (n.new_flags <> n.flags OR n.new_keywords IS DISTINCT FROM n.keywords) AS changes
    FROM (
      SELECT e.*, p_unchanged_since >= 0 AND e.modseq > p_unchanged_since AS stale,
        CASE p_operation WHEN 1 THEN p_flags WHEN 2 THEN e.flags | p_flags ELSE e.flags & ~p_flags END AS new_flags,
        CASE WHEN p_operation <> 1 AND v_keywords IS NULL THEN e.keywords
          ELSE mail_changed_keywords(e.keywords, v_keywords, p_operation) END AS new_keywords
      FROM unnest(p_first, p_last) r (f, l) CROSS JOIN LATERAL (
        SELECT x.uid, x.flags, x.keywords, x.modseq, x.size FROM entry x
        WHERE x.account_id = p_account AND x.mailbox_id = p_mailbox AND x.uid BETWEEN r.f AND r.l
        ORDER BY x.uid LIMIT p_limit) e
      LIMIT p_limit) n) w;
  IF v_changed IS NULL THEN
    RETURN;
  END IF;
  modseq := m.highest_modseq + 1;
  UPDATE entry e SET modseq = m.highest_modseq + 1,
      flags = CASE p_operation WHEN 1 THEN p_flags WHEN 2 THEN e.flags | p_flags ELSE e.flags & ~p_flags END,
      keywords = CASE WHEN p_operation <> 1 AND v_keywords IS NULL THEN e.keywords
        ELSE mail_changed_keywords(e.keywords, v_keywords, p_operation) END
    WHERE e.account_id = p_account AND e.mailbox_id = p_mailbox AND e.uid = ANY (v_changed);
  UPDATE mailbox b SET highest_modseq = m.highest_modseq + 1, unseen = m.unseen + v_unseen,
      deleted = m.deleted + v_deleted, keywords = v_known
    WHERE b.account_id = p_account AND b.mailbox_id = p_mailbox;
  INSERT INTO outbox VALUES (p_account, v_change_seq + 1, p_mailbox, m.highest_modseq + 1, m.uid_next, false, v_now);
  UPDATE account_state s SET change_seq = v_change_seq + 1 WHERE s.account_id = p_account;
END $$;

-- Removes at most p_limit messages of the ranges, those with \Deleted or, if p_regardless, all.
-- reached: the last UID looked at; null where there was none.
CREATE FUNCTION mail_expunge(
  p_account bigint, p_mailbox bigint, p_first bigint[], p_last bigint[], p_limit integer, p_regardless boolean,
  OUT outcome integer, OUT looked integer, OUT reached bigint, OUT uids bigint[], OUT modseq bigint,
  OUT previous_modseq bigint)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  a account_state%ROWTYPE;
  m mailbox%ROWTYPE;
  v_now bigint := mail_now();
  v_octets bigint;
  v_picked bigint[];
  v_gone integer;
  v_unseen integer;
  v_deleted integer;
  v_recent integer;
BEGIN
  outcome := 1;
  SELECT * INTO a FROM account_state s WHERE s.account_id = p_account FOR NO KEY UPDATE;
  SELECT * INTO m FROM mailbox b WHERE b.account_id = p_account AND b.mailbox_id = p_mailbox AND b.selectable
    FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    outcome := 5;
    RETURN;
  END IF;
  previous_modseq := m.highest_modseq;
  modseq := m.highest_modseq;
  looked := 0;
  IF NOT p_regardless AND m.deleted = 0 THEN
    RETURN;
  END IF;
  SELECT array_agg(e.uid) INTO v_picked
  FROM (
    SELECT y.uid FROM unnest(p_first, p_last) r (f, l) CROSS JOIN LATERAL (
      SELECT x.uid FROM entry x
      WHERE x.account_id = p_account AND x.mailbox_id = p_mailbox AND x.uid BETWEEN r.f AND r.l
        AND (p_regardless OR x.flags & 8 <> 0)
      ORDER BY x.uid LIMIT p_limit) y
    LIMIT p_limit) e;
  IF v_picked IS NULL THEN
    RETURN;
  END IF;
  WITH gone AS (
    DELETE FROM entry e
    WHERE e.account_id = p_account AND e.mailbox_id = p_mailbox AND e.uid = ANY (v_picked)
    RETURNING e.uid, e.flags, e.keywords, e.size, e.message_id, e.internal_date, e.zone_minutes),
  stones AS (
    INSERT INTO expunged (account_id, mailbox_id, uid, modseq, at, message_id, internal_date, zone_minutes, flags,
        keywords)
      SELECT p_account, p_mailbox, g.uid, m.highest_modseq + 1, v_now, g.message_id, g.internal_date, g.zone_minutes,
        g.flags, g.keywords
      FROM gone g)
  SELECT count(*), max(g.uid), array_agg(g.uid ORDER BY g.uid), coalesce(sum(g.size), 0),
    count(*) FILTER (WHERE g.flags & 1 = 0), count(*) FILTER (WHERE g.flags & 8 <> 0),
    count(*) FILTER (WHERE g.uid >= m.first_recent_uid)
  INTO looked, reached, uids, v_octets, v_unseen, v_deleted, v_recent
  FROM gone g;
  v_gone := looked;
  modseq := m.highest_modseq + 1;
  UPDATE mailbox b SET highest_modseq = m.highest_modseq + 1, messages = m.messages - v_gone,
      unseen = m.unseen - v_unseen, deleted = m.deleted - v_deleted, octets = m.octets - v_octets,
      recent = m.recent - v_recent
    WHERE b.account_id = p_account AND b.mailbox_id = p_mailbox;
  INSERT INTO outbox VALUES (p_account, a.change_seq + 1, p_mailbox, m.highest_modseq + 1, m.uid_next, false, v_now);
  UPDATE account_state s SET change_seq = a.change_seq + 1, used_octets = a.used_octets - v_octets,
      used_messages = a.used_messages - v_gone
    WHERE s.account_id = p_account;
END $$;

-- Copies or moves at most p_limit (null: all) messages of the ranges into a mailbox of the same account.
-- p_destination 0: by name. Outcome: 1 done, 3 over quota, 5 no such source, 6 too many keywords, 9 no such destination.
CREATE FUNCTION mail_copy(
  p_account bigint, p_source bigint, p_destination bigint, p_name text, p_first bigint[], p_last bigint[],
  p_limit integer, p_move boolean, p_max_keywords integer,
  OUT outcome integer, OUT destination bigint, OUT uid_validity bigint, OUT source_uids bigint[],
  OUT destination_uids bigint[], OUT source_modseq bigint, OUT destination_modseq bigint,
  OUT source_previous_modseq bigint)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  a account_state%ROWTYPE;
  s mailbox%ROWTYPE;
  d mailbox%ROWTYPE;
  v_now bigint := mail_now();
  v_count integer;
  v_octets bigint;
  v_unseen integer;
  v_deleted integer;
  v_recent integer;
  v_used text[];
BEGIN
  outcome := 1;
  SELECT * INTO a FROM account_state x WHERE x.account_id = p_account FOR NO KEY UPDATE;
  -- The account's row is held, so the name cannot change its meaning before the locks below.
  IF p_destination <> 0 THEN
    destination := p_destination;
  ELSE
    SELECT b.mailbox_id INTO destination FROM mailbox b WHERE b.account_id = p_account AND b.name = p_name;
  END IF;
  PERFORM 1 FROM mailbox b
    WHERE b.account_id = p_account AND b.mailbox_id IN (p_source, destination) ORDER BY b.mailbox_id
    FOR NO KEY UPDATE;
  SELECT * INTO s FROM mailbox b WHERE b.account_id = p_account AND b.mailbox_id = p_source AND b.selectable;
  IF NOT FOUND THEN
    outcome := 5;
    RETURN;
  END IF;
  SELECT * INTO d FROM mailbox b WHERE b.account_id = p_account AND b.mailbox_id = destination AND b.selectable;
  IF NOT FOUND THEN
    outcome := 9;
    RETURN;
  END IF;
  uid_validity := d.uid_validity;
  source_previous_modseq := s.highest_modseq;
  source_modseq := s.highest_modseq;
  destination_modseq := d.highest_modseq;

  SELECT count(*), coalesce(sum(e.size), 0), count(*) FILTER (WHERE e.flags & 1 = 0),
    count(*) FILTER (WHERE e.flags & 8 <> 0), count(*) FILTER (WHERE e.uid >= s.first_recent_uid),
    array_agg(e.uid ORDER BY e.uid)
  INTO v_count, v_octets, v_unseen, v_deleted, v_recent, source_uids
  FROM (
    SELECT y.* FROM unnest(p_first, p_last) r (f, l) CROSS JOIN LATERAL (
      SELECT x.uid, x.flags, x.size FROM entry x
      WHERE x.account_id = p_account AND x.mailbox_id = p_source AND x.uid BETWEEN r.f AND r.l
      ORDER BY x.uid LIMIT p_limit) y
    LIMIT p_limit) e;
  IF v_count = 0 THEN
    RETURN;
  END IF;
  IF NOT p_move AND (a.limit_octets > 0 AND a.used_octets + v_octets > a.limit_octets
      OR a.limit_messages > 0 AND a.used_messages + v_count > a.limit_messages) THEN
    outcome := 3;
    RETURN;
  END IF;
  IF cardinality(s.keywords) > 0 AND p_source <> destination THEN
    v_used := ARRAY(
      SELECT DISTINCT k FROM entry e, unnest(e.keywords) k
      WHERE e.account_id = p_account AND e.mailbox_id = p_source AND e.uid = ANY (source_uids)
        AND e.keywords IS NOT NULL);
    v_used := ARRAY(SELECT k FROM unnest(mail_known_keywords(d.keywords, v_used)) k WHERE k <> ALL (d.keywords));
    IF cardinality(v_used) > 0 AND cardinality(v_used) + cardinality(d.keywords) > p_max_keywords THEN
      outcome := 6;
      RETURN;
    END IF;
    d.keywords := d.keywords || v_used;
  END IF;

  INSERT INTO entry (account_id, mailbox_id, uid, message_id, modseq, size, internal_date, save_date, zone_minutes,
      flags, keywords)
    SELECT p_account, destination, d.uid_next + row_number() OVER (ORDER BY e.uid) - 1, e.message_id, d.highest_modseq + 1, e.size, e.internal_date,
      v_now, e.zone_minutes, e.flags,
      CASE WHEN e.keywords IS NULL THEN null ELSE mail_known_keywords(d.keywords, e.keywords) END
    FROM entry e
    WHERE e.account_id = p_account AND e.mailbox_id = p_source AND e.uid = ANY (source_uids)
    ORDER BY e.uid;
  destination_uids := ARRAY(SELECT generate_series(d.uid_next, d.uid_next + v_count - 1));
  destination_modseq := d.highest_modseq + 1;
  UPDATE mailbox b SET uid_next = b.uid_next + v_count, highest_modseq = destination_modseq,
      messages = b.messages + v_count, unseen = b.unseen + v_unseen, deleted = b.deleted + v_deleted,
      octets = b.octets + v_octets, recent = b.recent + v_count, keywords = d.keywords
    WHERE b.account_id = p_account AND b.mailbox_id = destination;

  IF p_move THEN
    source_modseq := CASE WHEN p_source = destination THEN destination_modseq + 1 ELSE s.highest_modseq + 1 END;
    WITH gone AS (
      DELETE FROM entry e
      WHERE e.account_id = p_account AND e.mailbox_id = p_source AND e.uid = ANY (source_uids)
      RETURNING e.uid, e.flags, e.keywords, e.internal_date, e.zone_minutes)
    INSERT INTO expunged (account_id, mailbox_id, uid, modseq, at, message_id, internal_date, zone_minutes, flags,
        keywords)
      -- Moved, not removed: nothing to undelete.
      SELECT p_account, p_source, g.uid, source_modseq, v_now, null, g.internal_date, g.zone_minutes, g.flags,
        g.keywords
      FROM gone g;
    UPDATE mailbox b SET highest_modseq = source_modseq, messages = b.messages - v_count,
        unseen = b.unseen - v_unseen, deleted = b.deleted - v_deleted, octets = b.octets - v_octets,
        recent = b.recent - v_recent
      WHERE b.account_id = p_account AND b.mailbox_id = p_source;
  END IF;

  INSERT INTO outbox
    SELECT p_account, a.change_seq + row_number() OVER (ORDER BY b.mailbox_id), b.mailbox_id, b.highest_modseq,
      b.uid_next, false, v_now
    FROM mailbox b
    WHERE b.account_id = p_account AND (b.mailbox_id = destination OR p_move AND b.mailbox_id = p_source);
  UPDATE account_state x SET
      change_seq = a.change_seq + CASE WHEN p_move AND p_source <> destination THEN 2 ELSE 1 END,
      used_octets = a.used_octets + CASE WHEN p_move THEN 0 ELSE v_octets END,
      used_messages = a.used_messages + CASE WHEN p_move THEN 0 ELSE v_count END
    WHERE x.account_id = p_account;
END $$;
