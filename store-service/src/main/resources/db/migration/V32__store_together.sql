-- Stores up to 64 messages into mailboxes of several accounts, an account one mailbox, in one round trip and one
-- commit: what queues for many mailboxes costs little more than what queues for one.
--
-- Replaces the mail_store that took one mailbox. p_wait: waits for accounts that somebody has locked; else their
-- messages are not stored (10), so that no account holds up another one, and locks taken in any order cannot
-- deadlock. With several accounts do not wait.
--
-- Targets are parallel arrays: p_mailboxes 0: by name; p_inboxes: INBOX where there is no such mailbox.
-- Messages are parallel arrays, by ascending p_targets, the place of each one's target. p_bodies: null where the chunks
-- were uploaded under p_blobs before. p_keywords: atoms joined by a space, or null. p_references: joined by a line
-- feed, or null. p_ref_hashes are thread hashes, p_ref_messages the message each is of, ascending.
-- p_atomic: all or none; for one target.
-- Outcomes: 1 stored, 2 stored before, 3 over quota, 4 no such account, 5 no such mailbox, 6 too many keywords,
-- 7 the uploaded chunks are gone, 8 another one of an atomic append failed, 10 the account is locked or there is none.
DROP FUNCTION mail_store;
CREATE FUNCTION mail_store(
  p_wait boolean, p_atomic boolean, p_max_keywords integer, p_parser_version integer,
  p_accounts bigint[], p_mailboxes bigint[], p_names text[], p_inboxes boolean[],
  p_targets integer[], p_delivery_ids bytea[], p_flags integer[], p_keywords text[], p_internal_dates bigint[],
  p_zones integer[], p_sizes bigint[], p_first_chunks integer[], p_header_octets bigint[], p_blobs uuid[],
  p_bodies bytea[], p_envelopes bytea[], p_structures bytea[], p_previews text[], p_ref_hashes bigint[],
  p_ref_messages integer[], p_sent_millis bigint[], p_sent_days integer[], p_base_subjects text[],
  p_sort_froms text[], p_sort_tos text[], p_sort_ccs text[], p_display_froms text[], p_display_tos text[],
  p_message_ids text[], p_references text[],
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
  v_any integer := 0;
  v_uploads integer := 0;
  v_failed boolean := false;
  v_outcome integer;
  v_at integer;
  v_refs bigint[];
  v_thread bigint;
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
      SELECT g.k, x.* FROM unnest(p_accounts, p_mailboxes, p_names, p_inboxes) WITH ORDINALITY
          g (account, mailbox, name, inbox, k)
        CROSS JOIN LATERAL (
          SELECT y.mailbox_id, y.uid_validity, y.uid_next, y.highest_modseq, y.keywords FROM mailbox y
          WHERE y.account_id = g.account AND y.selectable AND y.mailbox_id =
            CASE WHEN g.mailbox <> 0 THEN g.mailbox ELSE coalesce(
              (SELECT z.mailbox_id FROM mailbox z WHERE z.account_id = g.account AND z.name = g.name AND z.selectable),
              (SELECT z.mailbox_id FROM mailbox z WHERE g.inbox AND z.account_id = g.account AND z.name = 'INBOX'
                AND z.selectable)) END
          FOR NO KEY UPDATE) x
      WHERE g.account = ANY (a_ids)) b;
  SELECT array_agg(x.i), array_agg(x.mailbox_id), array_agg(x.uid_validity), array_agg(x.uid), array_agg(x.modseq)
    INTO d_at, d_mailboxes, d_validities, d_uids, d_modseqs
    FROM (
      SELECT g.i, d.* FROM unnest(p_targets, p_delivery_ids) WITH ORDINALITY g (target, id, i)
        JOIN delivery d ON d.account_id = p_accounts[g.target] AND d.delivery_id = g.id) x;

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
    v_any := v_any + 1;
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
  IF v_any = 0 THEN
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
  IF n = t THEN
    FOR v_at, v_thread IN
      SELECT g.i, min(x.thread_id) FROM unnest(p_ref_messages, p_ref_hashes) g (i, hash)
        JOIN thread_ref x ON x.account_id = v_accounts[g.i] AND x.ref_hash = g.hash GROUP BY g.i
    LOOP
      IF v_ids[v_at] IS NOT NULL THEN v_threads[v_at] := v_thread; END IF;
    END LOOP;
    INSERT INTO thread_ref SELECT v_accounts[g.i], g.hash, v_threads[g.i]
      FROM unnest(p_ref_messages, p_ref_hashes) g (i, hash) WHERE v_ids[g.i] IS NOT NULL ON CONFLICT DO NOTHING;
  ELSE
    -- One may refer to another one of the same account.
    FOR i IN 1..n LOOP
      IF v_ids[i] IS NULL THEN CONTINUE; END IF;
      v_refs := ARRAY(SELECT g.hash FROM unnest(p_ref_messages, p_ref_hashes) g (i, hash) WHERE g.i = i);
      IF cardinality(v_refs) > 0 THEN
        v_threads[i] := coalesce((SELECT min(x.thread_id) FROM thread_ref x
          WHERE x.account_id = v_accounts[i] AND x.ref_hash = ANY (v_refs)), v_ids[i]);
        INSERT INTO thread_ref SELECT v_accounts[i], h, v_threads[i] FROM unnest(v_refs) h ON CONFLICT DO NOTHING;
      END IF;
    END LOOP;
  END IF;

  INSERT INTO blob_chunk (account_id, blob_id, chunk_no, octets)
    SELECT g.account, g.blob, 0, g.body FROM unnest(v_accounts, p_blobs, p_bodies, v_ids) g (account, blob, body, id)
    WHERE g.id IS NOT NULL AND g.body IS NOT NULL;
  INSERT INTO message (account_id, message_id, blob_id, size, first_chunk_octets, header_octets, thread_id,
      sent_millis, sent_day, parser_version, envelope, structure, preview, base_subject, sort_from, sort_to, sort_cc,
      display_from, display_to, message_id_header, reference_ids)
    SELECT g.account, g.id, g.blob, g.size, g.first_chunk, g.header_octets, g.thread,
      g.sent_millis, g.sent_day, p_parser_version, g.envelope, g.structure, g.preview, g.base_subject, g.sort_from,
      g.sort_to, g.sort_cc, g.display_from, g.display_to, g.message_id_header, string_to_array(g.refs, E'\n')
    FROM unnest(v_accounts, v_ids, p_blobs, p_sizes, p_first_chunks, p_header_octets, v_threads, p_sent_millis,
        p_sent_days, p_envelopes, p_structures, p_previews, p_base_subjects, p_sort_froms, p_sort_tos, p_sort_ccs,
        p_display_froms, p_display_tos, p_message_ids, p_references)
      g (account, id, blob, size, first_chunk, header_octets, thread, sent_millis, sent_day, envelope, structure,
        preview, base_subject, sort_from, sort_to, sort_cc, display_from, display_to, message_id_header, refs)
    WHERE g.id IS NOT NULL;
  INSERT INTO entry (account_id, mailbox_id, uid, message_id, modseq, size, internal_date, save_date, zone_minutes,
      flags, keywords)
    SELECT g.account, g.mailbox, g.uid, g.id, g.modseq, g.size, g.internal_date, v_now, g.zone, g.flags,
      string_to_array(g.keywords, ' ')
    FROM unnest(v_accounts, mailbox_ids, uids, v_ids, modseqs, p_sizes, p_internal_dates, p_zones, p_flags, v_canonical)
      g (account, mailbox, uid, id, modseq, size, internal_date, zone, flags, keywords)
    WHERE g.id IS NOT NULL;
  -- The same id twice in one call: the unique key makes the whole call fail, and the caller sends them one by one.
  INSERT INTO delivery (account_id, delivery_id, mailbox_id, uid_validity, uid, modseq, at)
    SELECT g.account, g.delivery_id, g.mailbox, g.validity, g.uid, g.modseq, v_now
    FROM unnest(v_accounts, p_delivery_ids, mailbox_ids, uid_validities, uids, modseqs, v_ids)
      g (account, delivery_id, mailbox, validity, uid, modseq, id)
    WHERE g.id IS NOT NULL;
  UPDATE mailbox b SET uid_next = b.uid_next + g.stored, highest_modseq = b.highest_modseq + 1,
      messages = b.messages + g.stored, unseen = b.unseen + g.unseen, deleted = b.deleted + g.deleted,
      octets = b.octets + g.octets, recent = b.recent + g.stored,
      keywords = CASE WHEN g.keywords IS NULL THEN b.keywords ELSE string_to_array(g.keywords, ' ') END
    FROM unnest(p_accounts, t_mailboxes, t_stored, t_unseen, t_deleted, t_octets, t_keywords)
      g (account, mailbox, stored, unseen, deleted, octets, keywords)
    WHERE g.stored > 0 AND b.account_id = g.account AND b.mailbox_id = g.mailbox;
  WITH changed AS (
    UPDATE account_state s SET change_seq = s.change_seq + 1, next_message_id = s.next_message_id + g.stored,
        used_octets = s.used_octets + g.octets, used_messages = s.used_messages + g.stored
      FROM unnest(p_accounts, t_stored, t_octets) WITH ORDINALITY g (account, stored, octets, k)
      WHERE g.stored > 0 AND s.account_id = g.account
      RETURNING s.account_id, s.change_seq, g.k, g.stored)
  INSERT INTO outbox (account_id, change_seq, mailbox_id, modseq, uid_next, deleted, at)
    SELECT c.account_id, c.change_seq, g.mailbox, g.modseq + 1, g.next + c.stored, false, v_now
    FROM changed c JOIN unnest(m_targets, m_ids, m_modseqs, m_next) g (k, mailbox, modseq, next) ON g.k = c.k;
END $$;
