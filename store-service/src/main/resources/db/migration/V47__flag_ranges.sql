-- A flag that is set or cleared along a range of many messages is one value in the mailbox's row, and no message's row is
-- written for it until somebody changes one of them (docs/adr/0029-flags-of-ranges.md).

CREATE TYPE flag_range AS (
  modseq bigint,     -- of those that it changes; whatever came to the mailbox later, or was changed later, has a higher one
  since  bigint,     -- changes all with a lower modseq than this, since these had the opposite of what is wanted
  first  bigint,
  last   bigint,
  flags  integer,    -- SystemFlag bits that it sets or clears
  wanted integer,    -- those of them that it sets: all or none
  at     bigint
);

-- Null where the rows of `entry` are all that there is. Who changes one of the mailbox's messages calls mail_fold first; who
-- reads their flags or modseqs goes by mail_ranged.
ALTER TABLE mailbox ADD COLUMN flag_range flag_range;

-- Whether an entry is as the mailbox's flag_range says, and not as its own row does. Null: there is no such range.
CREATE FUNCTION mail_ranged(r flag_range, p_uid bigint, p_modseq bigint, p_flags integer) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
  SELECT p_uid BETWEEN r.first AND r.last AND p_modseq < r.modseq
    AND (p_modseq < r.since OR p_flags & r.flags <> r.wanted)
$$;

-- As in V36__trace.sql, with when a message was seen where its mailbox's flag_range says so.
CREATE OR REPLACE FUNCTION trace_places(p_account bigint, p_mailbox bigint, p_uid bigint, p_message bigint)
RETURNS TABLE (kind integer, at bigint, mailbox text, uid bigint, from_mailbox text, from_uid bigint, reader bigint)
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  WITH RECURSIVE way AS (
    SELECT x.mailbox_id, x.uid, x.at, x.moved_to, x.moved_uid, x.seen_at, 1 AS step
    FROM expunged x WHERE x.account_id = p_account AND x.mailbox_id = p_mailbox AND x.uid = p_uid
    UNION ALL
    SELECT x.mailbox_id, x.uid, x.at, x.moved_to, x.moved_uid, x.seen_at, w.step + 1
    FROM way w JOIN expunged x ON x.account_id = p_account AND x.mailbox_id = w.moved_to AND x.uid = w.moved_uid
    WHERE w.step < 100),
  place AS MATERIALIZED (
    SELECT e.mailbox_id, e.uid, e.save_date,
      CASE WHEN mail_ranged(b.flag_range, e.uid, e.modseq, e.flags) AND (b.flag_range).wanted & 1 = 1 AND e.flags & 1 = 0
        THEN coalesce(e.seen_at, (b.flag_range).at) ELSE e.seen_at END AS seen_at
    FROM entry e JOIN mailbox b ON b.account_id = e.account_id AND b.mailbox_id = e.mailbox_id
    WHERE e.account_id = p_account AND e.message_id = p_message LIMIT 100),
  copy AS MATERIALIZED (
    SELECT x.mailbox_id, x.uid, x.at, x.seen_at FROM expunged x
    WHERE x.account_id = p_account AND x.message_id = p_message
      AND NOT EXISTS (SELECT 1 FROM way w WHERE w.mailbox_id = x.mailbox_id AND w.uid = x.uid) LIMIT 100),
  final AS (
    SELECT w.moved_to AS mailbox_id, w.moved_uid AS uid FROM way w
    WHERE w.step = (SELECT max(v.step) FROM way v) AND w.moved_to IS NOT NULL
    UNION ALL
    SELECT p_mailbox, p_uid WHERE NOT EXISTS (SELECT 1 FROM way)),
  step AS (
    SELECT CASE WHEN w.moved_to IS NULL THEN 12 ELSE 11 END AS kind, w.at,
      coalesce(w.moved_to, w.mailbox_id) AS mailbox_id, coalesce(w.moved_uid, w.uid) AS uid,
      CASE WHEN w.moved_to IS NOT NULL THEN w.mailbox_id END AS from_id,
      CASE WHEN w.moved_to IS NOT NULL THEN w.uid END AS from_uid, null::bigint AS reader
    FROM way w
    UNION ALL
    SELECT 12, c.at, c.mailbox_id, c.uid, null, null, null FROM copy c
    UNION ALL
    SELECT 10, p.save_date, p.mailbox_id, p.uid, null, null, null FROM place p
    WHERE (p.mailbox_id, p.uid) <> (p_mailbox, p_uid)
      AND NOT EXISTS (SELECT 1 FROM way w WHERE w.moved_to = p.mailbox_id AND w.moved_uid = p.uid)
    UNION ALL
    SELECT 9, min(s.seen_at), null, null, null, null, null
    FROM (SELECT w.seen_at FROM way w UNION ALL SELECT p.seen_at FROM place p UNION ALL SELECT c.seen_at FROM copy c) s
    HAVING min(s.seen_at) IS NOT NULL
    UNION ALL
    SELECT 9, min(h.at), null, null, null, null, h.holder
    FROM place p JOIN seen h ON h.account_id = p_account AND h.mailbox_id = p.mailbox_id AND h.uid = p.uid
    WHERE h.at IS NOT NULL GROUP BY h.holder
    UNION ALL
    SELECT 13, b.at, f.mailbox_id, f.uid, null, null, null
    FROM final f JOIN mailbox_past b ON b.account_id = p_account AND b.mailbox_id = f.mailbox_id)
  SELECT s.kind, s.at, trace_mailbox(p_account, s.mailbox_id), coalesce(s.uid, 0),
    trace_mailbox(p_account, s.from_id), coalesce(s.from_uid, 0), s.reader
  FROM step s;
$$;
