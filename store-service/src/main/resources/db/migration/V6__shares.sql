-- Shared mailboxes: who may do what with them (RFC 4314), and what of them each has seen.
--
-- A mailbox stays with its owner's account: rights, and what others have seen, lie beside its entries. The one row
-- that lies with the other is the hint of whose mailboxes to ask for: LIST reads that, and then each owner's own rows.

-- What somebody other than the owner may do, in Right bits; or, if negative, may not do whatever else allows it.
CREATE TABLE acl (
  account_id bigint NOT NULL,
  mailbox_id bigint NOT NULL,
  grantee    bigint NOT NULL,               -- an account; 0: anyone
  negative   boolean NOT NULL,
  rights     integer NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, grantee, negative)
);
CREATE INDEX acl_grantee ON acl (account_id, grantee);

-- Whose mailboxes an account (0: anyone) may have rights on. A row too many does no harm.
CREATE TABLE shared_by (
  account_id    bigint NOT NULL,
  owner_account bigint NOT NULL,
  PRIMARY KEY (account_id, owner_account)
);

-- \Seen of those who are not the owner, whose own is in entry.flags. A row with seen = false tells when it was taken
-- away.
CREATE TABLE seen (
  account_id bigint NOT NULL,
  mailbox_id bigint NOT NULL,
  uid        bigint NOT NULL,
  holder     bigint NOT NULL,
  modseq     bigint NOT NULL,
  seen       boolean NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, uid, holder)
) WITH (fillfactor = 85);
CREATE INDEX seen_modseq ON seen (account_id, mailbox_id, holder, modseq);

-- How many messages of the mailbox a holder has seen.
CREATE TABLE seen_count (
  account_id bigint NOT NULL,
  mailbox_id bigint NOT NULL,
  holder     bigint NOT NULL,
  seen       bigint NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, holder)
) WITH (fillfactor = 50);

-- How many rows of seen_count there are: 0 for nearly all, which then cost nothing more.
ALTER TABLE mailbox ADD COLUMN holders integer NOT NULL DEFAULT 0;
-- The modseq for those who are not the owner, where the last change was of the owner's \Seen alone.
ALTER TABLE entry ADD COLUMN shared_modseq bigint;

-- Messages are gone from a mailbox: forgets who has seen them.
CREATE FUNCTION mail_forget_seen(p_account bigint, p_mailbox bigint, p_uids bigint[]) RETURNS void LANGUAGE sql AS $$
  WITH gone AS (
    DELETE FROM seen s WHERE s.account_id = p_account AND s.mailbox_id = p_mailbox AND s.uid = ANY (p_uids)
    RETURNING s.holder, s.seen),
  lost AS (SELECT g.holder, count(*) FILTER (WHERE g.seen) AS n FROM gone g GROUP BY g.holder)
  UPDATE seen_count c SET seen = c.seen - l.n FROM lost l
    WHERE c.account_id = p_account AND c.mailbox_id = p_mailbox AND c.holder = l.holder;
$$;

CREATE FUNCTION mail_count_holders(p_account bigint, p_mailbox bigint) RETURNS void LANGUAGE sql AS $$
  UPDATE mailbox b SET holders =
      (SELECT count(*) FROM seen_count c WHERE c.account_id = p_account AND c.mailbox_id = p_mailbox)
    WHERE b.account_id = p_account AND b.mailbox_id = p_mailbox;
$$;

-- A holder has, or has not, seen these messages, all of which change by that.
CREATE FUNCTION mail_set_seen(
  p_account bigint, p_mailbox bigint, p_holder bigint, p_uids bigint[], p_seen boolean, p_modseq bigint)
RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  v_change integer := cardinality(p_uids) * CASE WHEN p_seen THEN 1 ELSE -1 END;
BEGIN
  INSERT INTO seen (account_id, mailbox_id, uid, holder, modseq, seen)
    SELECT p_account, p_mailbox, u, p_holder, p_modseq, p_seen FROM unnest(p_uids) u
    ON CONFLICT (account_id, mailbox_id, uid, holder) DO UPDATE SET modseq = excluded.modseq, seen = excluded.seen;
  UPDATE seen_count c SET seen = c.seen + v_change
    WHERE c.account_id = p_account AND c.mailbox_id = p_mailbox AND c.holder = p_holder;
  IF NOT FOUND THEN
    INSERT INTO seen_count (account_id, mailbox_id, holder, seen) VALUES (p_account, p_mailbox, p_holder, v_change);
    PERFORM mail_count_holders(p_account, p_mailbox);
  END IF;
END $$;

-- A holder has seen messages that were stored in this very transaction.
CREATE FUNCTION mail_see_stored(p_account bigint, p_mailbox bigint, p_holder bigint, p_uids bigint[])
RETURNS void LANGUAGE sql AS $$
  SELECT mail_set_seen(p_account, p_mailbox, p_holder, p_uids, true,
    (SELECT b.highest_modseq FROM mailbox b WHERE b.account_id = p_account AND b.mailbox_id = p_mailbox));
$$;

-- As in V2__mail.sql, and \Seen of others is left alone.
CREATE OR REPLACE FUNCTION mail_store_flags(
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
      -- What only the owner sees is no change to the others.
      shared_modseq = CASE WHEN m.holders > 0 AND p_operation <> 1 AND p_flags = 1 AND v_keywords IS NULL
        THEN coalesce(e.shared_modseq, e.modseq) END,
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

-- As mail_store_flags for one who is not the owner: \Seen is the holder's own, and of the rest only the flags of
-- p_mask and, with p_with_keywords, the keywords change.
CREATE FUNCTION mail_store_flags_as(
  p_account bigint, p_mailbox bigint, p_first bigint[], p_last bigint[], p_limit integer, p_operation integer,
  p_flags integer, p_keywords text[], p_unchanged_since bigint, p_max_keywords integer,
  p_holder bigint, p_mask integer, p_with_keywords boolean,
  OUT outcome integer, OUT looked integer, OUT reached bigint, OUT uids bigint[], OUT flags integer[],
  OUT keywords text[], OUT modseqs bigint[], OUT sizes bigint[], OUT modified bigint[], OUT previous_modseq bigint,
  OUT modseq bigint)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  v_change_seq bigint;
  m mailbox%ROWTYPE;
  v_now bigint := mail_now();
  v_flags integer := p_flags & p_mask;
  v_keywords text[];
  v_known text[];
  v_shared bigint[];
  v_seen bigint[];
  v_unseen bigint[];
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
  IF p_with_keywords AND cardinality(p_keywords) > 0 THEN
    v_keywords := mail_known_keywords(v_known, p_keywords);
    IF p_operation <> 3 THEN
      v_known := v_known || ARRAY(SELECT k FROM unnest(v_keywords) k WHERE k <> ALL (v_known));
      IF cardinality(v_known) > p_max_keywords AND cardinality(v_known) > cardinality(m.keywords) THEN
        outcome := 6;
        RETURN;
      END IF;
    END IF;
  END IF;
  SELECT count(*), max(w.uid),
    array_agg(w.uid) FILTER (WHERE w.shared),
    array_agg(w.uid) FILTER (WHERE w.sees AND w.new_flags & 1 = 1),
    array_agg(w.uid) FILTER (WHERE w.sees AND w.new_flags & 1 = 0),
    coalesce(sum((w.new_flags & 8) / 8 - (w.flags & 8) / 8) FILTER (WHERE w.shared), 0),
    array_agg(w.uid ORDER BY w.uid) FILTER (WHERE NOT w.stale),
    array_agg(w.new_flags ORDER BY w.uid) FILTER (WHERE NOT w.stale),
    array_agg(array_to_string(w.new_keywords, ' ') ORDER BY w.uid) FILTER (WHERE NOT w.stale),
    array_agg(CASE WHEN w.shared OR w.sees THEN m.highest_modseq + 1 ELSE w.modseq END ORDER BY w.uid)
      FILTER (WHERE NOT w.stale),
    array_agg(w.size ORDER BY w.uid) FILTER (WHERE NOT w.stale),
    array_agg(w.uid ORDER BY w.uid) FILTER (WHERE w.stale)
  INTO looked, reached, v_shared, v_seen, v_unseen, v_deleted, uids, flags, keywords, modseqs, sizes, modified
  FROM (
    SELECT n.*,
      NOT n.stale AND ((n.new_flags # n.flags) & ~1 <> 0 OR n.new_keywords IS DISTINCT FROM n.keywords) AS shared,
      NOT n.stale AND (n.new_flags # n.flags) & 1 <> 0 AS sees
    FROM (
      SELECT e.*, p_unchanged_since >= 0 AND e.modseq > p_unchanged_since AS stale,
        CASE p_operation WHEN 1 THEN (e.flags & ~p_mask) | v_flags WHEN 2 THEN e.flags | v_flags
          ELSE e.flags & ~v_flags END AS new_flags,
        CASE WHEN NOT p_with_keywords OR p_operation <> 1 AND v_keywords IS NULL THEN e.keywords
          ELSE mail_changed_keywords(e.keywords, v_keywords, p_operation) END AS new_keywords
      FROM unnest(p_first, p_last) r (f, l) CROSS JOIN LATERAL (
        SELECT x.uid, (x.flags & ~1) | CASE WHEN h.seen THEN 1 ELSE 0 END AS flags, x.keywords,
          greatest(coalesce(x.shared_modseq, x.modseq), h.modseq) AS modseq, x.size
        FROM entry x LEFT JOIN seen h ON h.account_id = p_account AND h.mailbox_id = p_mailbox AND h.uid = x.uid
          AND h.holder = p_holder
        WHERE x.account_id = p_account AND x.mailbox_id = p_mailbox AND x.uid BETWEEN r.f AND r.l
        ORDER BY x.uid LIMIT p_limit) e
      LIMIT p_limit) n) w;
  IF v_shared IS NULL AND v_seen IS NULL AND v_unseen IS NULL THEN
    RETURN;
  END IF;
  modseq := m.highest_modseq + 1;
  IF v_seen IS NOT NULL THEN
    PERFORM mail_set_seen(p_account, p_mailbox, p_holder, v_seen, true, m.highest_modseq + 1);
  END IF;
  IF v_unseen IS NOT NULL THEN
    PERFORM mail_set_seen(p_account, p_mailbox, p_holder, v_unseen, false, m.highest_modseq + 1);
  END IF;
  IF v_shared IS NOT NULL THEN
    UPDATE entry e SET modseq = m.highest_modseq + 1, shared_modseq = null,
        -- The owner's \Seen stays.
        flags = CASE p_operation WHEN 1 THEN (e.flags & ~(p_mask & ~1)) | (v_flags & ~1)
          WHEN 2 THEN e.flags | (v_flags & ~1) ELSE e.flags & ~(v_flags & ~1) END,
        keywords = CASE WHEN NOT p_with_keywords OR p_operation <> 1 AND v_keywords IS NULL THEN e.keywords
          ELSE mail_changed_keywords(e.keywords, v_keywords, p_operation) END
      WHERE e.account_id = p_account AND e.mailbox_id = p_mailbox AND e.uid = ANY (v_shared);
  END IF;
  UPDATE mailbox b SET highest_modseq = m.highest_modseq + 1, deleted = m.deleted + v_deleted, keywords = v_known
    WHERE b.account_id = p_account AND b.mailbox_id = p_mailbox;
  INSERT INTO outbox VALUES (p_account, v_change_seq + 1, p_mailbox, m.highest_modseq + 1, m.uid_next, false, v_now);
  UPDATE account_state s SET change_seq = v_change_seq + 1 WHERE s.account_id = p_account;
END $$;

-- As in V2__mail.sql, and who has seen what is gone is forgotten.
CREATE OR REPLACE FUNCTION mail_expunge(
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
  IF m.holders > 0 THEN
    PERFORM mail_forget_seen(p_account, p_mailbox, uids);
  END IF;
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

-- As in V2__mail.sql, and for one who may not set all flags of the destination: of the flags those of p_mask are kept
-- and, with p_with_keywords, the keywords. p_holder 0: the owner.
DROP FUNCTION mail_copy(bigint, bigint, bigint, text, bigint[], bigint[], integer, boolean, integer);
CREATE FUNCTION mail_copy(
  p_account bigint, p_source bigint, p_destination bigint, p_name text, p_first bigint[], p_last bigint[],
  p_limit integer, p_move boolean, p_max_keywords integer,
  p_holder bigint, p_mask integer, p_with_keywords boolean,
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
  v_kept_deleted integer;
  -- The owner's \Seen goes with the message, whoever copies it.
  v_mask integer := p_mask | 1;
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
    array_agg(e.uid ORDER BY e.uid), count(*) FILTER (WHERE e.flags & v_mask & 8 <> 0)
  INTO v_count, v_octets, v_unseen, v_deleted, v_recent, source_uids, v_kept_deleted
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
  IF p_with_keywords AND cardinality(s.keywords) > 0 AND p_source <> destination THEN
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
    SELECT p_account, destination, d.uid_next + row_number() OVER (ORDER BY e.uid) - 1, e.message_id,
      d.highest_modseq + 1, e.size, e.internal_date, v_now, e.zone_minutes, e.flags & v_mask,
      CASE WHEN e.keywords IS NULL OR NOT p_with_keywords THEN null ELSE mail_known_keywords(d.keywords, e.keywords) END
    FROM entry e
    WHERE e.account_id = p_account AND e.mailbox_id = p_source AND e.uid = ANY (source_uids)
    ORDER BY e.uid;
  destination_uids := ARRAY(SELECT generate_series(d.uid_next, d.uid_next + v_count - 1));
  destination_modseq := d.highest_modseq + 1;
  UPDATE mailbox b SET uid_next = b.uid_next + v_count, highest_modseq = destination_modseq,
      messages = b.messages + v_count, unseen = b.unseen + v_unseen, deleted = b.deleted + v_kept_deleted,
      octets = b.octets + v_octets, recent = b.recent + v_count, keywords = d.keywords
    WHERE b.account_id = p_account AND b.mailbox_id = destination;
  IF s.holders > 0 THEN
    -- Who has seen the message has seen its copy; the one who copies needs the right to say so.
    WITH carried AS (
      INSERT INTO seen (account_id, mailbox_id, uid, holder, modseq, seen)
        SELECT p_account, destination, t.made, x.holder, destination_modseq, true
        FROM unnest(source_uids, destination_uids) t (uid, made)
        JOIN seen x ON x.account_id = p_account AND x.mailbox_id = p_source AND x.uid = t.uid
        WHERE x.seen AND (x.holder <> p_holder OR p_mask & 1 <> 0)
        RETURNING holder)
    INSERT INTO seen_count AS c (account_id, mailbox_id, holder, seen)
      SELECT p_account, destination, y.holder, count(*) FROM carried y GROUP BY y.holder
      ON CONFLICT (account_id, mailbox_id, holder) DO UPDATE SET seen = c.seen + excluded.seen;
    PERFORM mail_count_holders(p_account, destination);
  END IF;

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
    IF s.holders > 0 THEN
      PERFORM mail_forget_seen(p_account, p_source, source_uids);
    END IF;
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
