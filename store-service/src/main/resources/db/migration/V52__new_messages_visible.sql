-- Sent dates are read from the key's index alone, but where a page's rows are not yet known to be visible to all, which a
-- vacuum notes. By default one comes when a fifth of the table is new: in a large one never for a mailbox that has just
-- been moved in. It looks at new pages only, whenever it comes.
ALTER TABLE message SET (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000);
