package mailwing.store.persistence;

import mailwing.store.Address;

/// A group: an address whose mail goes to its members.
///
/// @param address as it was given
/// @param domainId its domain's number
/// @param title what people call it; may be empty
/// @param owner who gets its bounces; empty: postmaster
public record GroupRow(
    long groupId, Address address, long domainId, String title, Posters posters, String owner) {

  /// Who may post.
  public enum Posters {
    ANYONE(1),
    MEMBERS(2),
    /// Users of its domain.
    DOMAIN(3),
    /// Those who are named.
    NAMED(4);

    private final int number;

    Posters(int number) {
      this.number = number;
    }

    /// In the table of groups.
    int number() {
      return number;
    }

    static Posters of(long number) {
      for (Posters one : values()) {
        if (one.number == number) {
          return one;
        }
      }
      throw new IllegalArgumentException("posters " + number);
    }
  }
}
