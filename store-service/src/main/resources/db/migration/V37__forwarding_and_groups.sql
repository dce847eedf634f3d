-- Mail that goes on to other addresses: of accounts, of aliases with targets elsewhere, and of groups.
-- What such an alias or a group puts into the outbound queue belongs to nobody's account: its rows have the
-- account -domain_id, as `anyone` of the domain has (mail_anyone).

-- 0 none, 1 its mail goes on and stays as well, 2 it goes on alone. The addresses are in `forward`.
ALTER TABLE account ADD COLUMN forwarding integer NOT NULL DEFAULT 0;

CREATE TABLE forward (
  account_id bigint NOT NULL REFERENCES account (account_id) ON DELETE CASCADE,
  position   integer NOT NULL,
  spelling   text NOT NULL,                  -- of the address
  PRIMARY KEY (account_id, position)
);

-- The target was no address of ours when it was named: it stays without one.
ALTER TABLE alias_target ADD COLUMN outside boolean NOT NULL DEFAULT false;

CREATE TABLE mail_group (
  group_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  title    text NOT NULL DEFAULT '',         -- for List-Id
  posters  integer NOT NULL,                 -- 1 anyone, 2 members, 3 users of its domain, 4 those in group_poster
  owner    text NOT NULL DEFAULT ''          -- gets its bounces; empty: postmaster does
);

-- An address without an account is a group's where this is set, else an alias.
ALTER TABLE address ADD COLUMN group_id bigint UNIQUE REFERENCES mail_group (group_id);

CREATE TABLE group_member (
  group_id   bigint NOT NULL REFERENCES mail_group (group_id) ON DELETE CASCADE,
  domain     text NOT NULL,
  local_part text NOT NULL,                  -- NFC, case-folded
  spelling   text NOT NULL,
  outside    boolean NOT NULL,               -- as in alias_target
  PRIMARY KEY (group_id, domain, local_part)
);
CREATE INDEX group_member_member ON group_member (domain, local_part);

CREATE TABLE group_poster (
  group_id   bigint NOT NULL REFERENCES mail_group (group_id) ON DELETE CASCADE,
  domain     text NOT NULL,
  local_part text NOT NULL,
  spelling   text NOT NULL,
  PRIMARY KEY (group_id, domain, local_part)
);
