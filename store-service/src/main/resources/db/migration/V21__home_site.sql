-- Accounts that live on another site, where their logins are sent (RFC 2221): host or host:port; null: here.
ALTER TABLE account ADD COLUMN home_site text;
