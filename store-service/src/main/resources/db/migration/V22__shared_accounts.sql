-- Mailboxes that belong to nobody in particular, and `anyone` as the accounts of the owner's domain.

-- Whose mailboxes are in the shared namespace (RFC 2342); nobody can log in to it.
ALTER TABLE account ADD COLUMN shared boolean NOT NULL DEFAULT false;

ALTER TABLE domain ADD COLUMN domain_id bigint GENERATED ALWAYS AS IDENTITY;

-- The grantee that stands for every account of the account's domain: below 0. Null for an account that is removed.
CREATE FUNCTION mail_anyone(p_account bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT -d.domain_id FROM address a JOIN domain d ON d.name = a.domain WHERE a.account_id = p_account LIMIT 1;
$$;

-- It was 0 before: every account of the store.
DELETE FROM acl a WHERE a.grantee = 0 AND mail_anyone(a.account_id) IS NULL;
UPDATE acl a SET grantee = mail_anyone(a.account_id) WHERE a.grantee = 0;
INSERT INTO shared_by (account_id, owner_account)
  SELECT mail_anyone(s.owner_account), s.owner_account FROM shared_by s
  WHERE s.account_id = 0 AND mail_anyone(s.owner_account) IS NOT NULL;
DELETE FROM shared_by WHERE account_id = 0;

-- What an account has called `Shared` keeps its mail, under a name that it can still use.
UPDATE mailbox m SET name = 'Shared (own)' || substr(m.name, 7) WHERE m.name = 'Shared' OR m.name LIKE 'Shared/%';
UPDATE subscription s SET name = 'Shared (own)' || substr(s.name, 7) WHERE s.name = 'Shared' OR s.name LIKE 'Shared/%';

-- Made by RENAME of INBOX, which stays itself: watchers are told its old name.
ALTER TABLE mailbox ADD COLUMN was_inbox boolean NOT NULL DEFAULT false;
