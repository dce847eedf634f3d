-- Rows of these are wide, and are asked for by their keys. A hundred values a column would mean that ANALYZE copies
-- 30,000 rows each time, 240 MB of bodies; ten mean 3,000.
DO $$
DECLARE
  c record;
BEGIN
  FOR c IN SELECT a.attrelid::regclass AS whole, a.attname AS part FROM pg_attribute a
      WHERE a.attrelid IN ('message'::regclass, 'blob_chunk'::regclass) AND a.attnum > 0 AND NOT a.attisdropped LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 10', c.whole, c.part);
  END LOOP;
END $$;

-- Nothing reads bodies from an index alone, so nothing is won by a vacuum that has only new ones to go through: it reads
-- and writes each page once more. Those that remove dead rows, or keep transaction ids from wrapping, come as ever.
ALTER TABLE blob_chunk SET (autovacuum_vacuum_insert_threshold = -1);
