-- The functions that change mail, as they are now: run again whenever this file has changed.
--
-- Edit them here. With other parameters a function is another one: drop the old one first (DROP FUNCTION IF EXISTS with
-- its parameters' types). A change that an older program must not undo, or cannot call, comes with a versioned
-- migration, for an older program runs its own version of this file unless the schema is too new for it.
--
-- UIDs are found by `uid = ANY` and the primary key, whatever the planner believes of the table: no other index of
-- `entry` can serve a statement that does not ask by its last column (V40__reading.sql). No index has a column that a
-- change of flags writes, and flags are changed with mail_mark_changed (V42__changed_blocks.sql).
--
-- Flags and modseqs of entries are as mailbox.flag_range says where there is one (V47__flag_ranges.sql): what reads or
-- changes them here holds the mailbox's row and has called mail_fold.

-- Stores up to 64 messages into mailboxes of several accounts, an account one mailbox, in one round trip and one
-- commit: what queues for many mailboxes costs little more than what queues for one.
--
-- p_wait: waits for accounts that somebody has locked; else their messages are not stored (10), so that no account
-- holds up another one, and locks taken in any order cannot deadlock. With several accounts do not wait.
--
-- Targets are parallel arrays: p_mailboxes 0: by name; p_inboxes: INBOX where there is no such mailbox.
-- Messages are parallel arrays, by ascending p_targets, the place of each one's target. p_bodies: null where the chunks
-- were uploaded under p_blobs before. p_keywords: atoms joined by a space, or null. p_references: joined by a line
-- feed, or null. p_ref_hashes are thread hashes, p_ref_messages the message each is of, ascending. p_traces: what the
-- message's trace is to tell, null for none. p_trace_keys: each an array's text.
-- p_atomic: all or none; for one target.
-- Outcomes: 1 stored, 2 stored before, 3 over quota, 4 no such account, 5 no such mailbox, 6 too many keywords,
-- 7 the uploaded chunks are gone, 8 another one of an atomic append failed, 10 the account is locked or there is none.
CREATE OR REPLACE FUNCTION mail_store(
  p_wait boolean, p_atomic boolean, p_max_keywords integer, p_parser_version integer,
  p_accounts bigint[], p_mailboxes bigint[], p_names text[], p_inboxes boolean[],
  p_targets integer[], p_delivery_ids bytea[], p_flags integer[], p_keywords text[], p_internal_dates bigint[],
  p_zones integer[], p_sizes bigint[], p_first_chunks integer[], p_header_octets bigint[], p_blobs uuid[],
  p_bodies bytea[], p_envelopes bytea[], p_structures bytea[], p_previews text[], p_ref_hashes bigint[],
  p_ref_messages integer[], p_sent_millis bigint[], p_sent_days integer[], p_base_subjects text[],
  p_sort_froms text[], p_sort_tos text[], p_sort_ccs text[], p_display_froms text[], p_display_tos text[],
  p_message_ids text[], p_references text[],
  p_submitters bigint[], p_traces bytea[], p_trace_keys text[],
  OUT outcomes integer[], OUT mailbox_ids bigint[], OUT uid_validities bigint[], OUT uids bigint[],
  OUT modseqs bigint[])
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  n integer := cardinality(p_sizes);
  t integer := cardinality(p_accounts);
  v_now bigint := mail_now();
  -- Accounts that are locked, in any order.
  a_ids bigint[];
  a_next bigint[];
  a_octets bigint[];
  a_messages bigint[];
  a_limit_octets bigint[];
  a_limit_messages bigint[];
  -- Mailboxes that are there, in any order, and whose targets they are.
  m_targets bigint[];
  m_ids bigint[];
  m_validities bigint[];
  m_next bigint[];
  m_modseqs bigint[];
  m_keywords text[];
  -- What was stored before, by message.
  d_at bigint[];
  d_mailboxes bigint[];
  d_validities bigint[];
  d_uids bigint[];
  d_modseqs bigint[];
  -- By target.
  t_mailboxes bigint[] := array_fill(0::bigint, ARRAY[t]);
  t_stored integer[] := array_fill(0, ARRAY[t]);
  t_unseen integer[] := t_stored;
  t_deleted integer[] := t_stored;
  t_octets bigint[] := t_mailboxes;
  t_keywords text[] := array_fill(null::text, ARRAY[t]);
  -- Of the message's target.
  k integer := 0;
  a integer;
  m integer;
  v_known text[];
  v_wanted text[];
  v_fresh text[];
  v_stored integer;
  v_places integer[] := '{}';  -- of those that are stored
  v_uploads integer := 0;
  v_failed boolean := false;
  v_outcome integer;
  v_at integer;
  v_refs bigint[];
  v_answers integer[];
  v_twice boolean := false;
  -- By message; null ids: not stored.
  v_accounts bigint[] := array_fill(0::bigint, ARRAY[n]);
  v_ids bigint[] := array_fill(null::bigint, ARRAY[n]);
  v_threads bigint[];
  v_canonical text[];
BEGIN
  outcomes := array_fill(0, ARRAY[n]);
  mailbox_ids := v_accounts;
  uid_validities := v_accounts;
  uids := v_ids;
  modseqs := v_accounts;

  IF p_wait THEN
    SELECT array_agg(s.account_id), array_agg(s.next_message_id), array_agg(s.used_octets),
        array_agg(s.used_messages), array_agg(s.limit_octets), array_agg(s.limit_messages)
      INTO a_ids, a_next, a_octets, a_messages, a_limit_octets, a_limit_messages
      FROM (SELECT * FROM account_state x WHERE x.account_id = ANY (p_accounts) FOR NO KEY UPDATE) s;
  ELSE
    SELECT array_agg(s.account_id), array_agg(s.next_message_id), array_agg(s.used_octets),
        array_agg(s.used_messages), array_agg(s.limit_octets), array_agg(s.limit_messages)
      INTO a_ids, a_next, a_octets, a_messages, a_limit_octets, a_limit_messages
      FROM (SELECT * FROM account_state x WHERE x.account_id = ANY (p_accounts) FOR NO KEY UPDATE SKIP LOCKED) s;
  END IF;
  IF a_ids IS NULL THEN
    outcomes := array_fill(CASE WHEN p_wait THEN 4 ELSE 10 END, ARRAY[n]);
    RETURN;
  END IF;
  SELECT array_agg(b.k), array_agg(b.mailbox_id), array_agg(b.uid_validity), array_agg(b.uid_next),
      array_agg(b.highest_modseq), array_agg(array_to_string(b.keywords, ' '))
    INTO m_targets, m_ids, m_validities, m_next, m_modseqs, m_keywords
    FROM (
      SELECT g.k, x.* FROM unnest(p_accounts) WITH ORDINALITY g (account, k)
        CROSS JOIN LATERAL (
          SELECT y.mailbox_id, y.uid_validity, y.uid_next, y.highest_modseq, y.keywords FROM mailbox y
          WHERE y.account_id = g.account AND y.selectable AND y.mailbox_id =
            CASE WHEN p_mailboxes[g.k] <> 0 THEN p_mailboxes[g.k] ELSE coalesce(
              (SELECT z.mailbox_id FROM mailbox z
                WHERE z.account_id = g.account AND z.name = p_names[g.k] AND z.selectable),
              (SELECT z.mailbox_id FROM mailbox z
                WHERE p_inboxes[g.k] AND z.account_id = g.account AND z.name = 'INBOX' AND z.selectable)) END
          FOR NO KEY UPDATE) x
      WHERE g.account = ANY (a_ids)) b;
  SELECT array_agg(x.i), array_agg(x.mailbox_id), array_agg(x.uid_validity), array_agg(x.uid), array_agg(x.modseq)
    INTO d_at, d_mailboxes, d_validities, d_uids, d_modseqs
    FROM (
      SELECT g.i, d.* FROM unnest(p_targets) WITH ORDINALITY g (k, i)
        JOIN delivery d ON d.account_id = p_accounts[g.k] AND d.delivery_id = p_delivery_ids[g.i]) x;

  FOR i IN 1..n LOOP
    IF p_targets[i] <> k THEN
      k := p_targets[i];
      a := array_position(a_ids, p_accounts[k]);
      m := array_position(m_targets, k);
      v_stored := 0;
      v_known := NULL;
    END IF;
    v_accounts[i] := p_accounts[k];
    IF a IS NULL THEN
      outcomes[i] := CASE WHEN p_wait THEN 4 ELSE 10 END;
      v_failed := true;
      CONTINUE;
    END IF;
    v_at := array_position(d_at, i);
    IF v_at IS NOT NULL THEN
      outcomes[i] := 2;
      mailbox_ids[i] := d_mailboxes[v_at];
      uid_validities[i] := d_validities[v_at];
      uids[i] := d_uids[v_at];
      modseqs[i] := d_modseqs[v_at];
      CONTINUE;
    END IF;
    v_outcome := 1;
    IF m IS NULL THEN
      v_outcome := 5;
    ELSIF a_limit_octets[a] > 0 AND a_octets[a] + t_octets[k] + p_sizes[i] > a_limit_octets[a]
        OR a_limit_messages[a] > 0 AND a_messages[a] + v_stored >= a_limit_messages[a] THEN
      v_outcome := 3;
    ELSIF p_keywords[i] IS NOT NULL THEN
      v_known := coalesce(v_known, string_to_array(m_keywords[m], ' '));
      v_wanted := mail_known_keywords(v_known, string_to_array(p_keywords[i], ' '));
      v_fresh := ARRAY(SELECT w FROM unnest(v_wanted) w WHERE w <> ALL (v_known));
      IF cardinality(v_fresh) > 0 AND cardinality(v_known) + cardinality(v_fresh) > p_max_keywords THEN
        v_outcome := 6;
      ELSE
        v_known := v_known || v_fresh;
        t_keywords[k] := array_to_string(v_known, ' ');
        IF v_canonical IS NULL THEN
          v_canonical := array_fill(null::text, ARRAY[n]);
        END IF;
        v_canonical[i] := array_to_string(v_wanted, ' ');
      END IF;
    END IF;
    outcomes[i] := v_outcome;
    IF v_outcome <> 1 THEN
      v_failed := true;
      CONTINUE;
    END IF;
    mailbox_ids[i] := m_ids[m];
    uid_validities[i] := m_validities[m];
    uids[i] := m_next[m] + v_stored;
    modseqs[i] := m_modseqs[m] + 1;
    v_ids[i] := a_next[a] + v_stored;
    v_stored := v_stored + 1;
    v_places := v_places || i;
    t_mailboxes[k] := m_ids[m];
    t_stored[k] := v_stored;
    t_octets[k] := t_octets[k] + p_sizes[i];
    IF p_flags[i] & 1 = 0 THEN t_unseen[k] := t_unseen[k] + 1; END IF;
    IF p_flags[i] & 8 <> 0 THEN t_deleted[k] := t_deleted[k] + 1; END IF;
    IF p_bodies[i] IS NULL THEN v_uploads := v_uploads + 1; END IF;
  END LOOP;

  IF v_failed AND p_atomic THEN
    FOR i IN 1..n LOOP
      IF outcomes[i] = 1 THEN outcomes[i] := 8; END IF;
    END LOOP;
    RETURN;
  END IF;
  IF cardinality(v_places) = 0 THEN
    RETURN;
  END IF;

  IF v_uploads > 0 THEN
    FOR i IN 1..n LOOP
      IF v_ids[i] IS NOT NULL AND p_bodies[i] IS NULL THEN
        DELETE FROM blob_upload u WHERE u.account_id = v_accounts[i] AND u.blob_id = p_blobs[i];
        IF NOT FOUND THEN
          RAISE EXCEPTION 'uploaded body is gone' USING ERRCODE = 'MW007';
        END IF;
      END IF;
    END LOOP;
  END IF;

  v_threads := v_ids;
  IF n > t THEN
    -- Does one refer to what another one of the same account does?
    SELECT count(*) > count(DISTINCT (v_accounts[g.i], g.hash)) INTO v_twice
      FROM unnest(p_ref_messages, p_ref_hashes) g (i, hash);
  END IF;
  IF NOT v_twice THEN
    SELECT array_agg(y.i), array_agg(y.thread) INTO v_answers, v_refs
      FROM (
        SELECT g.i, min(x.thread_id) AS thread FROM unnest(p_ref_messages, p_ref_hashes) g (i, hash)
          JOIN thread_ref x ON x.account_id = v_accounts[g.i] AND x.ref_hash = g.hash GROUP BY g.i) y
      WHERE v_ids[y.i] IS NOT NULL;
    FOR i IN 1..coalesce(cardinality(v_answers), 0) LOOP
      v_threads[v_answers[i]] := v_refs[i];
    END LOOP;
  ELSE
    v_at := 1;
    FOR i IN 1..n LOOP
      -- Those of one message follow those of the one before it.
      v_refs := '{}';
      WHILE p_ref_messages[v_at] = i LOOP
        v_refs := v_refs || p_ref_hashes[v_at];
        v_at := v_at + 1;
      END LOOP;
      IF v_ids[i] IS NOT NULL AND cardinality(v_refs) > 0 THEN
        v_threads[i] := coalesce((SELECT min(x.thread_id) FROM thread_ref x
          WHERE x.account_id = v_accounts[i] AND x.ref_hash = ANY (v_refs)), v_ids[i]);
        INSERT INTO thread_ref SELECT v_accounts[i], h, v_threads[i] FROM unnest(v_refs) h ON CONFLICT DO NOTHING;
      END IF;
    END LOOP;
  END IF;

  -- One statement: what each of several costs to start and end is more than what it does to a few messages.
  -- The same id twice in one call: the unique key makes the whole call fail, and the caller sends them one by one.
  -- Its rows are named by their places in the arrays, for an array that is unnested is copied.
  WITH linked AS (
    INSERT INTO thread_ref
      SELECT v_accounts[g.i], g.hash, v_threads[g.i] FROM unnest(p_ref_messages, p_ref_hashes) g (i, hash)
      WHERE NOT v_twice AND v_ids[g.i] IS NOT NULL
      ON CONFLICT DO NOTHING),
  bodies AS (
    INSERT INTO blob_chunk (account_id, blob_id, chunk_no, octets)
      SELECT v_accounts[i], p_blobs[i], 0, p_bodies[i] FROM unnest(v_places) i WHERE p_bodies[i] IS NOT NULL),
  messages AS (
    INSERT INTO message (account_id, message_id, blob_id, size, first_chunk_octets, header_octets, thread_id,
        sent_millis, sent_day, parser_version, envelope, structure, preview, base_subject, sort_from, sort_to, sort_cc,
        display_from, display_to, message_id_header, reference_ids)
      SELECT v_accounts[i], v_ids[i], p_blobs[i], p_sizes[i], p_first_chunks[i], p_header_octets[i], v_threads[i],
        p_sent_millis[i], p_sent_days[i], p_parser_version, p_envelopes[i], p_structures[i], p_previews[i],
        p_base_subjects[i], p_sort_froms[i], p_sort_tos[i], p_sort_ccs[i], p_display_froms[i], p_display_tos[i],
        p_message_ids[i], string_to_array(p_references[i], E'\n')
      FROM unnest(v_places) i),
  entries AS (
    INSERT INTO entry (account_id, mailbox_id, uid, message_id, modseq, size, internal_date, save_date, zone_minutes,
        flags, keywords)
      SELECT v_accounts[i], mailbox_ids[i], uids[i], v_ids[i], modseqs[i], p_sizes[i], p_internal_dates[i], v_now,
        p_zones[i], p_flags[i], string_to_array(v_canonical[i], ' ')
      FROM unnest(v_places) i),
  delivered AS (
    INSERT INTO delivery (account_id, delivery_id, mailbox_id, uid_validity, uid, modseq, at, message_id, submitter,
        trace, trace_keys)
      SELECT v_accounts[i], p_delivery_ids[i], mailbox_ids[i], uid_validities[i], uids[i], modseqs[i], v_now, v_ids[i],
        p_submitters[i], p_traces[i], p_trace_keys[i]::bigint[]
      FROM unnest(v_places) i),
  counted AS (
    UPDATE mailbox b SET uid_next = b.uid_next + g.stored, highest_modseq = b.highest_modseq + 1,
        messages = b.messages + g.stored, unseen = b.unseen + t_unseen[g.k],
        deleted = b.deleted + t_deleted[g.k], octets = b.octets + t_octets[g.k], recent = b.recent + g.stored,
        keywords = CASE WHEN t_keywords[g.k] IS NULL THEN b.keywords ELSE string_to_array(t_keywords[g.k], ' ') END
      FROM unnest(t_stored) WITH ORDINALITY g (stored, k)
      WHERE g.stored > 0 AND b.account_id = p_accounts[g.k] AND b.mailbox_id = t_mailboxes[g.k]
      RETURNING g.k, b.mailbox_id, b.highest_modseq, b.uid_next),
  changed AS (
    UPDATE account_state s SET change_seq = s.change_seq + 1, next_message_id = s.next_message_id + g.stored,
        used_octets = s.used_octets + t_octets[g.k], used_messages = s.used_messages + g.stored
      FROM unnest(t_stored) WITH ORDINALITY g (stored, k)
      WHERE g.stored > 0 AND s.account_id = p_accounts[g.k]
      RETURNING s.account_id, s.change_seq, g.k)
  INSERT INTO outbox_batch (at, waiting, changes)
    SELECT v_now, bit_or(1::bigint << (a.account_id & 63)::integer),
      array_agg(ARRAY[a.account_id, a.change_seq, c.mailbox_id, c.highest_modseq, c.uid_next])
    FROM changed a JOIN counted c ON c.k = a.k HAVING count(*) > 0;
END $$;

-- Messages whose flags have changed to this modseq: to be told to those who ask what changed (V42__changed_blocks.sql).
CREATE OR REPLACE FUNCTION mail_mark_changed(p_account bigint, p_mailbox bigint, p_uids bigint[], p_modseq bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO changed_block
    SELECT DISTINCT p_account, p_mailbox, u >> 7, p_modseq FROM unnest(p_uids) u
    ON CONFLICT (account_id, mailbox_id, block) DO UPDATE SET modseq = excluded.modseq;
END $$;

-- Writes what the mailbox's flag_range says to the rows of the messages, and takes it from the mailbox, whose row is held.
CREATE OR REPLACE FUNCTION mail_fold(p_account bigint, p_mailbox bigint) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  r flag_range;
  v_changed bigint[];
BEGIN
  SELECT (b.flag_range).* INTO r FROM mailbox b WHERE b.account_id = p_account AND b.mailbox_id = p_mailbox;
  IF r.modseq IS NULL THEN
    RETURN;
  END IF;
  WITH folded AS (
    UPDATE entry e SET modseq = r.modseq, shared_modseq = null,
        seen_at = CASE WHEN r.wanted & 1 = 1 AND e.flags & 1 = 0 THEN coalesce(e.seen_at, r.at) ELSE e.seen_at END,
        flags = (e.flags & ~r.flags) | r.wanted
      WHERE e.account_id = p_account AND e.mailbox_id = p_mailbox AND e.uid BETWEEN r.first AND r.last
        AND e.modseq < r.modseq AND (e.modseq < r.since OR e.flags & r.flags <> r.wanted)
      RETURNING e.uid)
  SELECT array_agg(f.uid) INTO v_changed FROM folded f;
  IF v_changed IS NOT NULL THEN
    PERFORM mail_mark_changed(p_account, p_mailbox, v_changed, r.modseq);
  END IF;
  UPDATE mailbox b SET flag_range = null WHERE b.account_id = p_account AND b.mailbox_id = p_mailbox;
END $$;

-- Sets (p_operation 2) or clears (3) the owner's system flags along one range of UIDs, and writes nothing but the mailbox's
-- flag_range. With the same flags along the same range it takes the place of the one before; any other is folded first.
-- \Seen and others see no such range: none where somebody else has flags of his own, so that shared_modseq stays null.
-- Outcome: 0 is for mail_store_flags to do, which nothing was done of; 1 done; 5 no such mailbox.
-- p_fewest, p_most: messages. p_known: the caller knows the mailbox as of this modseq; where that is previous_modseq, it
-- knows what has become of the messages, and they are not told (known). keywords: null where none of them has any.
CREATE OR REPLACE FUNCTION mail_store_range(
  p_account bigint, p_mailbox bigint, p_first bigint, p_last bigint, p_fewest integer, p_most integer,
  p_operation integer, p_flags integer, p_known bigint,
  OUT outcome integer, OUT known boolean, OUT uids bigint[], OUT flags integer[], OUT keywords text[],
  OUT modseqs bigint[], OUT sizes bigint[], OUT previous_modseq bigint, OUT modseq bigint)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  v_change_seq bigint;
  m mailbox%ROWTYPE;
  r flag_range;
  v_wanted integer := CASE p_operation WHEN 2 THEN p_flags ELSE 0 END;
  v_since bigint := 0;
  v_changed bigint;
  v_unseen bigint := 0;
  v_deleted bigint := 0;
BEGIN
  outcome := 0;
  SELECT s.change_seq INTO v_change_seq FROM account_state s WHERE s.account_id = p_account FOR NO KEY UPDATE;
  SELECT * INTO m FROM mailbox b WHERE b.account_id = p_account AND b.mailbox_id = p_mailbox AND b.selectable
    FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    outcome := 5;
    RETURN;
  END IF;
  IF m.holders > 0 OR p_flags = 0 OR least(m.messages, p_last - p_first + 1) NOT BETWEEN p_fewest AND p_most THEN
    RETURN;
  END IF;
  r := m.flag_range;
  IF r.first = p_first AND r.last = p_last AND r.flags = p_flags AND r.wanted <> v_wanted AND p_flags & 1 = 0 THEN
    -- What was there then had the opposite of what is wanted, and has it still unless its modseq is higher. When a message
    -- was seen first is known of one range only.
    v_since := r.modseq;
  ELSE
    -- A program that knows of no ranges reads rows alone: none are made while one is connected.
    IF EXISTS (SELECT 1 FROM pg_stat_get_activity(null) x
        WHERE x.application_name = 'mailwing-store'
          AND x.datid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())) THEN
      RETURN;
    END IF;
    IF r.modseq IS NOT NULL THEN
      PERFORM mail_fold(p_account, p_mailbox);
    END IF;
  END IF;
  outcome := 1;
  previous_modseq := m.highest_modseq;
  modseq := m.highest_modseq;
  known := p_known = m.highest_modseq;

  -- How many messages change is of interest where the mailbox counts the flag.
  IF p_flags & 9 = 0 THEN
    SELECT count(*) INTO v_changed FROM (
      SELECT 1 FROM entry e
      WHERE e.account_id = p_account AND e.mailbox_id = p_mailbox AND e.uid BETWEEN p_first AND p_last
        AND (e.modseq < v_since OR e.flags & p_flags <> v_wanted)
      LIMIT 1) x;
  ELSE
    SELECT count(*),
      count(*) FILTER (WHERE p_flags & 1 = 1 AND (e.flags # v_wanted) & 1 = 1),
      count(*) FILTER (WHERE p_flags & 8 = 8 AND (e.modseq < v_since OR (e.flags # v_wanted) & 8 = 8))
    INTO v_changed, v_unseen, v_deleted
    FROM entry e
    WHERE e.account_id = p_account AND e.mailbox_id = p_mailbox AND e.uid BETWEEN p_first AND p_last
      AND (e.modseq < v_since OR e.flags & p_flags <> v_wanted);
  END IF;
  IF v_changed > 0 THEN
    modseq := m.highest_modseq + 1;
    r := ROW(m.highest_modseq + 1, v_since, p_first, p_last, p_flags, v_wanted, mail_now());
    UPDATE mailbox b SET highest_modseq = m.highest_modseq + 1,
        unseen = m.unseen + CASE v_wanted WHEN 0 THEN v_unseen ELSE -v_unseen END,
        deleted = m.deleted + CASE v_wanted WHEN 0 THEN -v_deleted ELSE v_deleted END,
        flag_range = r
      WHERE b.account_id = p_account AND b.mailbox_id = p_mailbox;
    INSERT INTO outbox VALUES (p_account, v_change_seq + 1, p_mailbox, m.highest_modseq + 1, m.uid_next, false, mail_now());
    UPDATE account_state s SET change_seq = v_change_seq + 1 WHERE s.account_id = p_account;
  ELSIF v_since = 0 THEN
    -- Folded, or there was none.
    r := null;
  END IF;
  IF NOT known THEN
    SELECT array_agg(e.uid), array_agg(e.flags),
      CASE WHEN count(e.keywords) > 0 THEN array_agg(array_to_string(e.keywords, ' ')) END,
      array_agg(e.modseq), array_agg(e.size)
    INTO uids, flags, keywords, modseqs, sizes
    FROM (
      SELECT x.uid, x.keywords, x.size,
        CASE WHEN mail_ranged(r, x.uid, x.modseq, x.flags) THEN (x.flags & ~r.flags) | r.wanted ELSE x.flags END AS flags,
        CASE WHEN mail_ranged(r, x.uid, x.modseq, x.flags) THEN r.modseq ELSE x.modseq END AS modseq
      FROM entry x
      WHERE x.account_id = p_account AND x.mailbox_id = p_mailbox AND x.uid BETWEEN p_first AND p_last
      ORDER BY x.uid) e;
  END IF;
END $$;

-- The messages of a mailbox that are new or have changed since a modseq, ascending by UID.
-- As rows have it: where the mailbox has a flag_range, its modseq is not above p_since.
CREATE OR REPLACE FUNCTION mail_changed(p_account bigint, p_mailbox bigint, p_since bigint) RETURNS SETOF entry
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET enable_sort = off SET enable_bitmapscan = off AS $$
DECLARE
  -- Everything above it has changed; whatever is new is above it, since what was born later has a higher UID.
  v_unchanged bigint := coalesce(
    (SELECT x.uid FROM entry x
      WHERE x.account_id = p_account AND x.mailbox_id = p_mailbox AND x.modseq <= p_since
      ORDER BY x.uid DESC LIMIT 1), 0);
BEGIN
  RETURN QUERY
    SELECT e.* FROM (
        SELECT c.block FROM changed_block c
        WHERE c.account_id = p_account AND c.mailbox_id = p_mailbox AND c.modseq > p_since
          AND c.block <= v_unchanged >> 7
        ORDER BY c.block) b
      CROSS JOIN LATERAL (
        SELECT x.* FROM entry x
        WHERE x.account_id = p_account AND x.mailbox_id = p_mailbox AND x.modseq > p_since
          AND x.uid BETWEEN b.block << 7 AND least(b.block << 7 | 127, v_unchanged)
        ORDER BY x.uid) e;
  RETURN QUERY
    SELECT x.* FROM entry x
    WHERE x.account_id = p_account AND x.mailbox_id = p_mailbox AND x.uid > v_unchanged
    ORDER BY x.uid;
END $$;

-- Changes the owner's flags of at most p_limit messages of the ranges, ascending by UID. \Seen of others is left alone.
-- p_operation: 1 replace, 2 add, 3 remove. p_unchanged_since: -1 for none.
-- Outcome: 1 done, 5 no such mailbox, 6 too many keywords. reached: the last UID looked at; null where there was none.
-- keywords: null where none of the messages has any.
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
  v_wanted integer := CASE p_operation WHEN 2 THEN p_flags ELSE 0 END;
  v_count integer;
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
  IF m.flag_range IS NOT NULL THEN
    PERFORM mail_fold(p_account, p_mailbox);
  END IF;
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
  IF cardinality(p_first) = 1 AND p_operation <> 1 AND v_keywords IS NULL AND p_unchanged_since < 0
      AND (p_flags & 9 = 0 OR p_flags & (p_flags - 1) = 0)
      AND least(m.messages, p_last[1] - p_first[1] + 1) <= p_limit THEN
    -- Flags set or cleared along one range: nothing has to be known before, since of what is counted there is one at
    -- most, and each row that changes changes it.
    UPDATE entry e SET modseq = m.highest_modseq + 1,
        -- What only the owner sees is no change to the others.
        shared_modseq = CASE WHEN m.holders > 0 AND p_flags = 1 THEN coalesce(e.shared_modseq, e.modseq) END,
        seen_at = CASE WHEN v_wanted & 1 = 1 AND e.flags & 1 = 0 THEN coalesce(e.seen_at, v_now) ELSE e.seen_at END,
        flags = (e.flags & ~p_flags) | v_wanted
      WHERE e.account_id = p_account AND e.mailbox_id = p_mailbox AND e.uid BETWEEN p_first[1] AND p_last[1]
        AND e.flags & p_flags <> v_wanted;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    SELECT count(*), max(e.uid), array_agg(e.uid), array_agg(e.flags),
      CASE WHEN count(e.keywords) > 0 THEN array_agg(array_to_string(e.keywords, ' ')) END,
      array_agg(e.modseq), array_agg(e.size)
    INTO looked, reached, uids, flags, keywords, modseqs, sizes
    FROM (
      SELECT x.uid, x.flags, x.keywords, x.modseq, x.size FROM entry x
      WHERE x.account_id = p_account AND x.mailbox_id = p_mailbox AND x.uid BETWEEN p_first[1] AND p_last[1]
      ORDER BY x.uid LIMIT p_limit) e;
    IF v_count = looked THEN
      v_changed := uids;
    ELSIF v_count > 0 THEN
      v_changed := ARRAY(
        SELECT x.uid FROM entry x
        WHERE x.account_id = p_account AND x.mailbox_id = p_mailbox AND x.uid BETWEEN p_first[1] AND p_last[1]
          AND x.modseq = m.highest_modseq + 1);
    END IF;
    v_unseen := CASE WHEN p_flags & 1 = 0 THEN 0 WHEN p_operation = 2 THEN -v_count ELSE v_count END;
    v_deleted := CASE WHEN p_flags & 8 = 0 THEN 0 WHEN p_operation = 2 THEN v_count ELSE -v_count END;
  ELSE
    -- First what is to be done, then the update by UIDs in an array: an index scan whatever the planner believes.
    -- Aggregates take their input in the order of the ranges.
    SELECT count(*), max(w.uid),
      array_agg(w.uid) FILTER (WHERE w.changes),
      coalesce(sum((w.flags & 1) - (w.new_flags & 1)) FILTER (WHERE w.changes), 0),
      coalesce(sum((w.new_flags & 8) / 8 - (w.flags & 8) / 8) FILTER (WHERE w.changes), 0),
      array_agg(w.uid) FILTER (WHERE NOT w.stale),
      array_agg(w.new_flags) FILTER (WHERE NOT w.stale),
      CASE WHEN count(w.new_keywords) > 0 THEN
        array_agg(array_to_string(w.new_keywords, ' ')) FILTER (WHERE NOT w.stale) END,
      array_agg(CASE WHEN w.changes THEN m.highest_modseq + 1 ELSE w.modseq END)
        FILTER (WHERE NOT w.stale),
      array_agg(w.size) FILTER (WHERE NOT w.stale),
      array_agg(w.uid) FILTER (WHERE w.stale)
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
    IF v_changed IS NOT NULL THEN
      UPDATE entry e SET modseq = m.highest_modseq + 1,
          -- What only the owner sees is no change to the others.
          shared_modseq = CASE WHEN m.holders > 0 AND p_operation <> 1 AND p_flags = 1 AND v_keywords IS NULL
            THEN coalesce(e.shared_modseq, e.modseq) END,
          seen_at = CASE WHEN p_operation <> 3 AND p_flags & 1 = 1 AND e.flags & 1 = 0 THEN coalesce(e.seen_at, v_now)
            ELSE e.seen_at END,
          flags = CASE p_operation WHEN 1 THEN p_flags WHEN 2 THEN e.flags | p_flags ELSE e.flags & ~p_flags END,
          keywords = CASE WHEN p_operation <> 1 AND v_keywords IS NULL THEN e.keywords
            ELSE mail_changed_keywords(e.keywords, v_keywords, p_operation) END
        WHERE e.account_id = p_account AND e.mailbox_id = p_mailbox AND e.uid = ANY (v_changed);
    END IF;
  END IF;
  IF v_changed IS NULL THEN
    RETURN;
  END IF;
  modseq := m.highest_modseq + 1;
  PERFORM mail_mark_changed(p_account, p_mailbox, v_changed, m.highest_modseq + 1);
  UPDATE mailbox b SET highest_modseq = m.highest_modseq + 1, unseen = m.unseen + v_unseen,
      deleted = m.deleted + v_deleted, keywords = v_known
    WHERE b.account_id = p_account AND b.mailbox_id = p_mailbox;
  INSERT INTO outbox VALUES (p_account, v_change_seq + 1, p_mailbox, m.highest_modseq + 1, m.uid_next, false, v_now);
  UPDATE account_state s SET change_seq = v_change_seq + 1 WHERE s.account_id = p_account;
END $$;

-- As mail_store_flags for one who is not the owner: \Seen is the holder's own, and of the rest only the flags of
-- p_mask and, with p_with_keywords, the keywords change.
CREATE OR REPLACE FUNCTION mail_store_flags_as(
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
  IF m.flag_range IS NOT NULL THEN
    PERFORM mail_fold(p_account, p_mailbox);
  END IF;
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
    array_agg(w.uid) FILTER (WHERE NOT w.stale),
    array_agg(w.new_flags) FILTER (WHERE NOT w.stale),
    CASE WHEN count(w.new_keywords) > 0 THEN
      array_agg(array_to_string(w.new_keywords, ' ')) FILTER (WHERE NOT w.stale) END,
    array_agg(CASE WHEN w.shared OR w.sees THEN m.highest_modseq + 1 ELSE w.modseq END)
      FILTER (WHERE NOT w.stale),
    array_agg(w.size) FILTER (WHERE NOT w.stale),
    array_agg(w.uid) FILTER (WHERE w.stale)
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
    PERFORM mail_mark_changed(p_account, p_mailbox, v_shared, m.highest_modseq + 1);
  END IF;
  UPDATE mailbox b SET highest_modseq = m.highest_modseq + 1, deleted = m.deleted + v_deleted, keywords = v_known
    WHERE b.account_id = p_account AND b.mailbox_id = p_mailbox;
  INSERT INTO outbox VALUES (p_account, v_change_seq + 1, p_mailbox, m.highest_modseq + 1, m.uid_next, false, v_now);
  UPDATE account_state s SET change_seq = v_change_seq + 1 WHERE s.account_id = p_account;
END $$;

-- Removes at most p_limit messages of the ranges, those with \Deleted or, if p_regardless, all.
-- reached: the last UID looked at; null where there was none.
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
  IF m.flag_range IS NOT NULL THEN
    PERFORM mail_fold(p_account, p_mailbox);
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
    RETURNING e.uid, e.flags, e.keywords, e.size, e.message_id, e.internal_date, e.zone_minutes, e.seen_at),
  stones AS (
    INSERT INTO expunged (account_id, mailbox_id, uid, modseq, at, message_id, internal_date, zone_minutes, flags,
        keywords, seen_at)
      SELECT p_account, p_mailbox, g.uid, m.highest_modseq + 1, v_now, g.message_id, g.internal_date, g.zone_minutes,
        g.flags, g.keywords, g.seen_at
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

-- Copies or moves at most p_limit (null: all) messages of the ranges into a mailbox of the same account.
-- For one who may not set all flags of the destination: of the flags those of p_mask are kept and, with
-- p_with_keywords, the keywords. p_holder 0: the owner.
-- p_destination 0: by name. Outcome: 1 done, 3 over quota, 5 no such source, 6 too many keywords, 9 no such destination.
CREATE OR REPLACE FUNCTION mail_copy(
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
  IF s.flag_range IS NOT NULL THEN
    PERFORM mail_fold(p_account, p_source);
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
      flags, seen_at, keywords)
    SELECT p_account, destination, d.uid_next + row_number() OVER (ORDER BY e.uid) - 1, e.message_id,
      d.highest_modseq + 1, e.size, e.internal_date, v_now, e.zone_minutes, e.flags & v_mask, e.seen_at,
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
      INSERT INTO seen (account_id, mailbox_id, uid, holder, modseq, seen, at)
        SELECT p_account, destination, t.made, x.holder, destination_modseq, true, x.at
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
      RETURNING e.uid, e.flags, e.keywords, e.internal_date, e.zone_minutes, e.seen_at)
    INSERT INTO expunged (account_id, mailbox_id, uid, modseq, at, message_id, internal_date, zone_minutes, flags,
        keywords, seen_at, moved_to, moved_uid)
      -- Moved, not removed: nothing to undelete.
      SELECT p_account, p_source, g.uid, source_modseq, v_now, null, g.internal_date, g.zone_minutes, g.flags,
        g.keywords, g.seen_at, destination, t.made
      FROM gone g JOIN unnest(source_uids, destination_uids) t (uid, made) ON t.uid = g.uid;
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

-- Changes flags, in one commit, of messages of several accounts: of each account in one mailbox, from one UID to
-- another one, which may be few. As mail_store_flags, without keywords. An account that somebody has locked is not
-- waited for (10), so that locks taken in any order cannot deadlock. A mailbox with a flag_range is none (5).
--
-- Parallel arrays, an element a change: p_accounts (each once) to p_unchanged_since; outcomes, previous_modseqs and
-- modseqs. Parallel arrays, an element a message, by change and UID: changes (which one it is of) to stale.
CREATE OR REPLACE FUNCTION mail_store_flags_together(
  p_accounts bigint[], p_mailboxes bigint[], p_firsts bigint[], p_lasts bigint[], p_operations integer[],
  p_flags integer[], p_unchanged_since bigint[],
  OUT outcomes integer[], OUT previous_modseqs bigint[], OUT modseqs bigint[],
  OUT changes integer[], OUT uids bigint[], OUT flags integer[], OUT keywords text[], OUT entry_modseqs bigint[],
  OUT sizes bigint[], OUT stale boolean[])
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET enable_memoize = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
  v_now bigint := mail_now();
  -- Accounts that are locked, and where their rows are as long as they are.
  v_locked bigint[];
  v_rows tid[];
BEGIN
  SELECT array_agg(l.account_id), array_agg(l.ctid) INTO v_locked, v_rows
    FROM (SELECT x.account_id, x.ctid FROM account_state x WHERE x.account_id = ANY (p_accounts)
      FOR NO KEY UPDATE SKIP LOCKED) l;
  -- One statement, since most of what several cost is to start and end each. It sees what the locks found: whoever
  -- changes flags, modseqs or counters of a mailbox has its account's lock. So a row of `entry` or `account_state`
  -- stays where it was found; one of `mailbox` may be moved by who changes other columns.
  WITH change AS MATERIALIZED (
    SELECT g.k::integer AS k, g.account, g.mailbox, g.f, g.l, g.operation, g.flags, g.since,
      array_position(v_locked, g.account) AS place, b.highest_modseq, b.holders > 0 AS shared
    FROM unnest(p_accounts, p_mailboxes, p_firsts, p_lasts, p_operations, p_flags, p_unchanged_since)
        WITH ORDINALITY g (account, mailbox, f, l, operation, flags, since, k)
      LEFT JOIN mailbox b
        ON g.account = ANY (v_locked) AND b.account_id = g.account AND b.mailbox_id = g.mailbox AND b.selectable
          AND b.flag_range IS NULL),
  found AS MATERIALIZED (
    SELECT n.*, NOT n.stale AND (n.new_flags <> n.flags OR n.new_keywords IS DISTINCT FROM n.keywords) AS changes
    FROM (
      SELECT c.k, c.place, c.account, c.mailbox, c.highest_modseq + 1 AS next,
        c.since >= 0 AND e.modseq > c.since AS stale,
        -- What only the owner sees is no change to the others.
        c.shared AND c.operation <> 1 AND c.flags = 1 AS private,
        CASE c.operation WHEN 1 THEN c.flags WHEN 2 THEN e.flags | c.flags ELSE e.flags & ~c.flags END AS new_flags,
        CASE WHEN c.operation <> 1 THEN e.keywords END AS new_keywords,
        e.uid, e.flags, e.keywords, e.modseq, e.size, e.ctid AS found_at
      FROM change c
        JOIN entry e ON e.account_id = c.account AND e.mailbox_id = c.mailbox AND e.uid BETWEEN c.f AND c.l
      -- By change and UID, since loops over an index are all that is allowed here; OFFSET: evaluated once.
      WHERE c.highest_modseq IS NOT NULL OFFSET 0) n),
  marked AS (
    UPDATE entry e SET modseq = n.next,
        shared_modseq = CASE WHEN n.private THEN coalesce(e.shared_modseq, e.modseq) END,
        seen_at = CASE WHEN n.new_flags & ~e.flags & 1 = 1 THEN coalesce(e.seen_at, v_now) ELSE e.seen_at END,
        flags = n.new_flags,
        keywords = n.new_keywords
      FROM found n
      WHERE n.changes AND e.ctid = n.found_at),
  total AS MATERIALIZED (
    SELECT n.k, n.place, n.account, n.mailbox, n.next,
      min(n.uid) >> 7 AS low, max(n.uid) >> 7 AS high,
      sum((n.flags & 1) - (n.new_flags & 1)) AS unseen, sum((n.new_flags & 8) / 8 - (n.flags & 8) / 8) AS deleted
    FROM found n WHERE n.changes GROUP BY n.k, n.place, n.account, n.mailbox, n.next),
  blocks AS (
    INSERT INTO changed_block
      SELECT t.account, t.mailbox, generate_series(t.low, t.high), t.next FROM total t
      ON CONFLICT (account_id, mailbox_id, block) DO UPDATE SET modseq = excluded.modseq),
  counted AS (
    UPDATE mailbox b SET highest_modseq = t.next, unseen = b.unseen + t.unseen, deleted = b.deleted + t.deleted
      FROM total t WHERE b.account_id = t.account AND b.mailbox_id = t.mailbox
      RETURNING t.place, b.mailbox_id, b.highest_modseq, b.uid_next),
  numbered AS (
    UPDATE account_state s SET change_seq = s.change_seq + 1
      FROM counted c WHERE s.ctid = v_rows[c.place]
      RETURNING s.account_id, s.change_seq, c.mailbox_id, c.highest_modseq, c.uid_next),
  told AS (
    INSERT INTO outbox_batch (at, waiting, changes)
      SELECT v_now, bit_or(1::bigint << (n.account_id & 63)::integer),
        array_agg(ARRAY[n.account_id, n.change_seq, n.mailbox_id, n.highest_modseq, n.uid_next])
      FROM numbered n HAVING count(*) > 0)
  SELECT a.*, m.*
    INTO outcomes, previous_modseqs, modseqs, changes, uids, flags, keywords, entry_modseqs, sizes, stale
  FROM (
    SELECT array_agg(CASE WHEN c.place IS NULL THEN 10 WHEN c.highest_modseq IS NULL THEN 5 ELSE 1 END),
      array_agg(coalesce(c.highest_modseq, 0)),
      array_agg(coalesce(c.highest_modseq, 0)
        + CASE WHEN c.k = ANY (ARRAY(SELECT t.k FROM total t)) THEN 1 ELSE 0 END)
    FROM change c) a
  CROSS JOIN (
    SELECT array_agg(n.k), array_agg(n.uid), array_agg(n.new_flags), array_agg(array_to_string(n.new_keywords, ' ')),
      array_agg(CASE WHEN n.changes THEN n.next ELSE n.modseq END), array_agg(n.size), array_agg(n.stale)
    FROM found n) m;
END $$;

-- Changes flags, in one commit, of one message in each of several accounts (each once): what mail_store_flags_together does
-- where that is simple, for a part less. New flags are the old ones & p_kept | p_added; p_kept 0 (all are replaced) takes
-- keywords away. Left out are an account that somebody has locked, a mailbox that others have flags of their own in or that
-- has a flag_range, a message that is not there or would lose keywords, and what somebody has changed since the statement
-- began.
--
-- Parallel arrays, an element a message that was not left out: places (which one it is, from 1), and how it is now. Where
-- its modseq is higher than previous_modseqs, the mailbox' before, it has changed.
CREATE OR REPLACE FUNCTION mail_store_flags_singly(
  p_accounts bigint[], p_mailboxes bigint[], p_uids bigint[], p_kept integer[], p_added integer[],
  OUT places integer[], OUT previous_modseqs bigint[], OUT flags integer[], OUT modseqs bigint[], OUT sizes bigint[],
  OUT keywords text[])
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET enable_memoize = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
  v_now bigint := mail_now();
BEGIN
  -- Locks and work are one statement, which sees what was there before the locks. Whoever changes a message's flags has its
  -- account's lock and moves its mailbox' row too: where that is still where it was seen, so is the message, and nothing of
  -- either has changed. The account's own row, in which more is counted, may have moved, and is found by its key.
  WITH seen AS MATERIALIZED (
    SELECT c.place::integer AS place, c.account, c.mailbox, c.uid, b.ctid AS mailbox_at, b.highest_modseq,
      e.ctid AS entry_at, e.modseq, e.size, e.keywords, e.flags AS old, e.flags & c.kept | c.added AS new
    FROM unnest(p_accounts, p_mailboxes, p_uids, p_kept, p_added)
        WITH ORDINALITY c (account, mailbox, uid, kept, added, place)
      JOIN account_state x ON x.account_id = c.account
      JOIN mailbox b ON b.account_id = c.account AND b.mailbox_id = c.mailbox AND b.selectable AND b.flag_range IS NULL
        AND b.holders = 0
      JOIN entry e ON e.account_id = c.account AND e.mailbox_id = c.mailbox AND e.uid = c.uid
        AND (c.kept <> 0 OR e.keywords IS NULL)
    FOR NO KEY UPDATE OF x SKIP LOCKED),
  counted AS (
    UPDATE mailbox b SET highest_modseq = n.highest_modseq + 1, unseen = b.unseen + (n.old & 1) - (n.new & 1),
        deleted = b.deleted + (n.new & 8) / 8 - (n.old & 8) / 8
      FROM seen n WHERE n.new <> n.old AND b.ctid = n.mailbox_at
      RETURNING n.place, n.account, n.mailbox, n.uid, n.entry_at, n.new, b.highest_modseq, b.uid_next),
  marked AS (
    UPDATE entry e SET modseq = c.highest_modseq, flags = c.new,
        seen_at = CASE WHEN c.new & ~e.flags & 1 = 1 THEN coalesce(e.seen_at, v_now) ELSE e.seen_at END
      FROM counted c WHERE e.ctid = c.entry_at),
  blocks AS (
    -- Ahead by three, so that a block is not written for each change in it: who asks what changed reads it once too often.
    INSERT INTO changed_block
      SELECT c.account, c.mailbox, c.uid >> 7, c.highest_modseq + 3 FROM counted c
      WHERE NOT EXISTS (SELECT FROM changed_block o WHERE o.account_id = c.account AND o.mailbox_id = c.mailbox
        AND o.block = c.uid >> 7 AND o.modseq >= c.highest_modseq)
      ON CONFLICT (account_id, mailbox_id, block) DO UPDATE SET modseq = excluded.modseq),
  numbered AS (
    UPDATE account_state s SET change_seq = s.change_seq + 1
      FROM counted c WHERE s.account_id = c.account
      RETURNING s.account_id, s.change_seq, c.mailbox, c.highest_modseq, c.uid_next),
  told AS (
    INSERT INTO outbox_batch (at, waiting, changes)
      SELECT v_now, bit_or(1::bigint << (n.account_id & 63)::integer),
        array_agg(ARRAY[n.account_id, n.change_seq, n.mailbox, n.highest_modseq, n.uid_next])
      FROM numbered n HAVING count(*) > 0)
  SELECT array_agg(n.place), array_agg(n.highest_modseq), array_agg(n.new),
      array_agg(CASE WHEN n.new = n.old THEN n.modseq ELSE n.highest_modseq + 1 END), array_agg(n.size),
      array_agg(array_to_string(n.keywords, ' '))
    INTO places, previous_modseqs, flags, modseqs, sizes, keywords
    FROM seen n WHERE n.new = n.old OR n.place = ANY (ARRAY(SELECT c.place FROM counted c));
END $$;

-- The oldest changes that are not published, of at most p_limit commits, by id: rows of outbox that are in the ranges
-- p_held (bits), with no waiting, and rows of outbox_batch that wait for one of p_batches.
--
-- By the primary key always: the tables are all but empty at rest, when a plan that is kept would read them whole, and
-- while much is committed most of their pages is what has been published. The index passes over that.
CREATE OR REPLACE FUNCTION mail_unpublished(p_held bigint, p_batches bigint, p_limit integer)
RETURNS TABLE (id bigint, at bigint, waiting bigint, changes bigint[], deleted boolean)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    (SELECT o.id, o.at, 0::bigint, ARRAY[o.account_id, o.change_seq, o.mailbox_id, o.modseq, o.uid_next], o.deleted
      FROM outbox o WHERE p_held & (1::bigint << (o.account_id & 63)::integer) <> 0
      ORDER BY o.id LIMIT p_limit)
    UNION ALL
    (SELECT b.id, b.at, b.waiting, b.changes, false
      FROM outbox_batch b WHERE p_batches & b.waiting <> 0
      ORDER BY b.id LIMIT p_limit)
    ORDER BY 1 LIMIT p_limit;
END $$;

-- Forgets what has been published: rows of outbox, and of outbox_batch what was waiting for the ranges p_ranges (bits).
-- That need not be on disk: what a crash brings back is published again.
CREATE OR REPLACE FUNCTION mail_published(p_singles bigint[], p_batches bigint[], p_ranges bigint) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  IF cardinality(p_singles) > 0 THEN
    DELETE FROM outbox o WHERE o.id = ANY (p_singles);
  END IF;
  IF cardinality(p_batches) > 0 THEN
    IF p_ranges <> -1 THEN
      UPDATE outbox_batch b SET waiting = b.waiting & ~p_ranges WHERE b.id = ANY (p_batches);
    END IF;
    DELETE FROM outbox_batch b WHERE b.id = ANY (p_batches) AND b.waiting & ~p_ranges = 0;
  END IF;
END $$;
