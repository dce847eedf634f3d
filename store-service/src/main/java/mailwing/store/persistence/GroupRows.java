package mailwing.store.persistence;

import io.helidon.dbclient.DbClient;
import io.helidon.dbclient.DbRow;
import io.helidon.dbclient.DbTransaction;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import mailwing.store.Address;
import mailwing.store.StoreException;
import mailwing.store.persistence.GroupRow.Posters;
import mailwing.store.v1.ErrorCode;

/// Groups, their members and who may post to them.
public final class GroupRows {
  /// A group as it is told: what it is, who is named to post, and how many members it has.
  public record Described(GroupRow group, List<String> named, long members) {
    public Described {
      named = List.copyOf(named);
    }
  }

  /// A member of a group.
  ///
  /// @param account the account with this address, where it is one
  /// @param known something of ours has this address
  /// @param outside it need not be an address of ours
  /// @param ours its domain is one of ours, or an alias of one
  public record Member(
      Address address,
      Optional<Entry.Account> account,
      boolean known,
      boolean outside,
      boolean ours) {}

  private static final String GROUP =
      """
      SELECT g.group_id, a.spelling, d.domain_id, g.title, g.posters, g.owner
      FROM mail_group g
      JOIN address a ON a.group_id = g.group_id
      JOIN domain d ON d.name = a.domain
      """;

  private final DbClient client;

  public GroupRows(Database database) {
    this.client = database.client();
  }

  public Optional<GroupRow> group(long groupId) {
    return client.execute().get(GROUP + "WHERE g.group_id = ?", groupId).map(GroupRows::groupOf);
  }

  public Optional<GroupRow> group(Address address) {
    return client
        .execute()
        .get(
            GROUP + "WHERE a.domain = ? AND a.local_part = ?",
            address.domain(),
            address.localPart())
        .map(GroupRows::groupOf);
  }

  /// At most `limit` groups of a domain (empty: of all) after an id.
  public List<Described> groups(String domain, long after, int limit) {
    List<GroupRow> found = new ArrayList<>();
    try (Stream<DbRow> rows =
        client
            .execute()
            .query(
                GROUP
                    + "WHERE g.group_id > ? AND (? = '' OR a.domain = ?)"
                    + " ORDER BY g.group_id LIMIT ?",
                after,
                domain,
                domain,
                limit)) {
      rows.forEach(row -> found.add(groupOf(row)));
    }
    return found.stream().map(this::describe).toList();
  }

  public Described describe(GroupRow group) {
    List<String> named = new ArrayList<>();
    try (Stream<DbRow> rows =
        client
            .execute()
            .query(
                "SELECT spelling FROM group_poster WHERE group_id = ? ORDER BY domain, local_part",
                group.groupId())) {
      rows.forEach(row -> named.add(Columns.text(row, "spelling")));
    }
    long members =
        client
            .execute()
            .get("SELECT count(*) AS n FROM group_member WHERE group_id = ?", group.groupId())
            .map(row -> Columns.number(row, "n"))
            .orElse(0L);
    return new Described(group, named, members);
  }

  /// Makes a group without members. ALREADY_EXISTS, DOMAIN_NOT_FOUND.
  public GroupRow add(Address address, String title, Posters posters, String owner) {
    Columns.inTransaction(
        client,
        tx -> {
          long id =
              Columns.number(
                  tx.get(
                          "INSERT INTO mail_group (title, posters, owner) VALUES (?, ?, ?)"
                              + " RETURNING group_id",
                          title,
                          posters.number(),
                          owner)
                      .orElseThrow(),
                  "group_id");
          DirectoryStore.addAddress(tx, address, 0);
          tx.update(
              "UPDATE address SET group_id = ? WHERE domain = ? AND local_part = ?",
              id,
              address.domain(),
              address.localPart());
          return id;
        });
    return group(address).orElseThrow();
  }

  /// Changes what is told of a group.
  public void set(GroupRow group) {
    client
        .execute()
        .update(
            "UPDATE mail_group SET title = ?, posters = ?, owner = ? WHERE group_id = ?",
            group.title(),
            group.posters().number(),
            group.owner(),
            group.groupId());
  }

  /// Replaces who is named to post.
  public void setNamed(long groupId, List<Address> named) {
    Columns.inTransaction(
        client,
        tx -> {
          tx.delete("DELETE FROM group_poster WHERE group_id = ?", groupId);
          for (Address one : named) {
            tx.insert(
                """
                INSERT INTO group_poster (group_id, domain, local_part, spelling)
                VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
                """,
                groupId,
                one.domain(),
                one.localPart(),
                one.spelling());
          }
          return groupId;
        });
  }

  /// Removes a group, also from the aliases and groups that lead to it.
  public void remove(long groupId) {
    Columns.inTransaction(
        client,
        tx -> {
          tx.delete("DELETE FROM address WHERE group_id = ?", groupId);
          tx.delete("DELETE FROM mail_group WHERE group_id = ?", groupId);
          DirectoryStore.prune(tx);
          return groupId;
        });
  }

  /// A member to be.
  ///
  /// @param outside it need not be an address of ours
  public record NewMember(Address address, boolean outside) {}

  /// Adds and removes members, all or none; says how many came and went. LIMIT where it would have
  /// more than `most`.
  public long change(long groupId, List<NewMember> added, List<Address> removed, long most) {
    return Columns.inTransaction(
        client,
        tx -> {
          tx.get("SELECT 1 FROM mail_group WHERE group_id = ? FOR UPDATE", groupId);
          long changed = 0;
          for (Address one : removed) {
            changed +=
                tx.delete(
                    "DELETE FROM group_member WHERE group_id = ? AND domain = ?"
                        + " AND local_part = ?",
                    groupId,
                    one.domain(),
                    one.localPart());
          }
          for (NewMember one : added) {
            changed += insert(tx, groupId, one);
          }
          long members =
              tx.get("SELECT count(*) AS n FROM group_member WHERE group_id = ?", groupId)
                  .map(row -> Columns.number(row, "n"))
                  .orElse(0L);
          if (members > most) {
            throw new StoreException(ErrorCode.LIMIT, "a group has at most " + most + " members");
          }
          return changed;
        });
  }

  private static long insert(DbTransaction tx, long groupId, NewMember member) {
    return tx.insert(
        """
        INSERT INTO group_member (group_id, domain, local_part, spelling, outside)
        VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        groupId,
        member.address().domain(),
        member.address().localPart(),
        member.address().spelling(),
        member.outside());
  }

  /// At most `limit` members after one, by domain and local part.
  public List<Member> members(long groupId, String afterDomain, String afterLocal, int limit) {
    List<Member> found = new ArrayList<>();
    try (Stream<DbRow> rows =
        client
            .execute()
            .query(
                """
                SELECT m.spelling, m.outside, a.domain IS NOT NULL AS known,
                       EXISTS (SELECT 1 FROM domain d WHERE d.name = m.domain)
                       OR EXISTS (SELECT 1 FROM domain_alias d WHERE d.name = m.domain) AS ours,
                       COALESCE(c.account_id, 0) AS account_id, COALESCE(c.address, '') AS address,
                       COALESCE(c.enabled, false) AS enabled, COALESCE(c.forwarding, 0) AS forwarding
                FROM group_member m
                LEFT JOIN address a ON a.domain = m.domain AND a.local_part = m.local_part
                LEFT JOIN account c ON c.account_id = a.account_id
                WHERE m.group_id = ? AND (m.domain, m.local_part) > (?, ?)
                ORDER BY m.domain, m.local_part LIMIT ?
                """,
                groupId,
                afterDomain,
                afterLocal,
                limit)) {
      rows.forEach(
          row ->
              Address.parse(Columns.text(row, "spelling"))
                  .ifPresent(address -> found.add(memberOf(row, address))));
    }
    return found;
  }

  private static Member memberOf(DbRow row, Address address) {
    long account = Columns.number(row, "account_id");
    return new Member(
        address,
        account == 0
            ? Optional.empty()
            : Optional.of(
                new Entry.Account(
                    account,
                    Columns.text(row, "address"),
                    row.column("enabled").get(Boolean.class),
                    Entry.Forwarding.of(Columns.number(row, "forwarding")))),
        row.column("known").get(Boolean.class),
        row.column("outside").get(Boolean.class),
        row.column("ours").get(Boolean.class));
  }

  /// Is the address a member, by itself or through groups in the group, at most `depth` deep?
  public boolean isMember(long groupId, Address address, int depth) {
    return client
        .execute()
        .get(
            """
            WITH RECURSIVE within (group_id, depth) AS (
              SELECT CAST(? AS bigint), 1
              UNION
              SELECT a.group_id, w.depth + 1 FROM within w
              JOIN group_member m ON m.group_id = w.group_id
              JOIN address a ON a.domain = m.domain AND a.local_part = m.local_part
                AND a.group_id IS NOT NULL
              WHERE w.depth < ?)
            SELECT 1 FROM within w JOIN group_member m ON m.group_id = w.group_id
            WHERE m.domain = ? AND m.local_part = ? LIMIT 1
            """,
            groupId,
            depth,
            address.domain(),
            address.localPart())
        .isPresent();
  }

  public boolean isNamed(long groupId, Address address) {
    return client
        .execute()
        .get(
            "SELECT 1 FROM group_poster WHERE group_id = ? AND domain = ? AND local_part = ?",
            groupId,
            address.domain(),
            address.localPart())
        .isPresent();
  }

  private static GroupRow groupOf(DbRow row) {
    return new GroupRow(
        Columns.number(row, "group_id"),
        Address.parse(Columns.text(row, "spelling")).orElseThrow(),
        Columns.number(row, "domain_id"),
        Columns.text(row, "title"),
        Posters.of(Columns.number(row, "posters")),
        Columns.text(row, "owner"));
  }
}
