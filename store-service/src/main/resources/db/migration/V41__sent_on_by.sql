-- Which address of ours has sent a message on; null: it was submitted by its account, or is a notification.
ALTER TABLE queue_message ADD COLUMN through text;

-- We have made it ourselves: it is signed as it leaves.
ALTER TABLE queue_message ADD COLUMN notice boolean NOT NULL DEFAULT false;
