-- Keys that sign mail that leaves (RFC 6376, RFC 8463), one published and one active at most a domain and algorithm.

CREATE TABLE dkim_key (
  domain      text NOT NULL,                -- a domain or an alias of one: lower case, U-label form
  selector    text NOT NULL,
  algorithm   text NOT NULL CHECK (algorithm IN ('RSA', 'ED25519')),
  state       text NOT NULL CHECK (state IN ('PUBLISHED', 'ACTIVE', 'RETIRED')),
  public_key  bytea NOT NULL,               -- what p= holds
  private_key bytea,                        -- PKCS #8; null once it never signs again
  created_at  timestamptz NOT NULL DEFAULT now(),
  sign_after  timestamptz NOT NULL,
  changed_at  timestamptz NOT NULL DEFAULT now(),  -- since when it is in its state
  PRIMARY KEY (domain, selector)
);
CREATE UNIQUE INDEX dkim_key_published ON dkim_key (domain, algorithm) WHERE state = 'PUBLISHED';
CREATE UNIQUE INDEX dkim_key_active ON dkim_key (domain, algorithm) WHERE state = 'ACTIVE';
