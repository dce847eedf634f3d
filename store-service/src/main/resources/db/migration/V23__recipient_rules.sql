-- Domains whose addresses are those of another domain, and what a domain does with unknown users.

ALTER TABLE domain ADD COLUMN catch_all text;  -- an address of ours; null: unknown users are refused

CREATE TABLE domain_alias (
  name   text PRIMARY KEY,                     -- lower case, U-label form; never a domain of its own
  target text NOT NULL REFERENCES domain (name) ON DELETE CASCADE
);
CREATE INDEX domain_alias_target ON domain_alias (target);

-- Client addresses (IPv4, or an IPv6 /64) that may not log in for a while. Shared by all stores.
CREATE TABLE login_ban (
  address  text PRIMARY KEY,
  failures integer NOT NULL,
  until    timestamptz NOT NULL
);
