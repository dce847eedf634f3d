-- Accounts that may see and set other accounts' quotas in a mail session (RFC 9208).
ALTER TABLE account ADD COLUMN administrator boolean NOT NULL DEFAULT false;
