package mailwing.store.domain;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import mailwing.store.StoreException;
import mailwing.store.persistence.AnnotationChanges;
import mailwing.store.persistence.Annotations;
import mailwing.store.persistence.MailboxRows;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.GetMetadataRequest;
import mailwing.store.v1.ListMetadataChangesRequest;
import mailwing.store.v1.ListMetadataChangesResponse;
import mailwing.store.v1.MetadataEntry;
import mailwing.store.v1.Right;

/// What annotations mean (RFC 5464): names without case, entries that are computed, limits.
public final class Metadata {
  /// Octets of a value.
  static final int MAX_VALUE = 16 << 10;

  static final int MAX_NAME = 255;

  private static final String SPECIAL_USE = Annotations.SPECIAL_USE;

  /// RFC 5464 section 6.2.2: read-only, a URI.
  private static final String ADMIN = "/shared/admin";

  private static final int SOME =
      Right.RIGHT_READ_VALUE
          | Right.RIGHT_SEEN_VALUE
          | Right.RIGHT_WRITE_VALUE
          | Right.RIGHT_INSERT_VALUE
          | Right.RIGHT_POST_VALUE;

  private final MailStore store;
  private final Annotations annotations;
  private final AnnotationChanges changes;

  public Metadata(MailStore store) {
    this.store = store;
    this.annotations = new Annotations(store.sql());
    this.changes = new AnnotationChanges(store.sql());
  }

  /// Which annotations have changed, for who may see them.
  public ListMetadataChangesResponse changes(
      long account, long holder, ListMetadataChangesRequest request) {
    return changes.since(account, holder, request);
  }

  /// Entries of a mailbox that are among the named ones, or as deep below them as was asked.
  public List<MetadataEntry> get(Place of, GetMetadataRequest request) {
    if (!mayRead(of.access().rights())) {
      throw of.access().refusal();
    }
    long account = of.account();
    long holder = of.access().holder();
    Annotations.Place place =
        annotations
            .place(account, of.name())
            .orElseThrow(() -> new StoreException(ErrorCode.MAILBOX_NOT_FOUND, "no such mailbox"));
    List<MetadataEntry> all = annotations.list(account, place.mailboxId(), holder);
    String uses = SpecialUseNames.text(place.specialUse());
    if (!uses.isEmpty() && holder == account) {
      all.add(entry(SPECIAL_USE, uses));
    }
    return wanted(all, request);
  }

  /// What one must have to see a mailbox's entries and to have some of one's own (RFC 5464 §3.3).
  public static boolean mayRead(int rights) {
    return (rights & Right.RIGHT_LOOKUP_VALUE) != 0 && (rights & SOME) != 0;
  }

  /// Entries of the server.
  ///
  /// @param address the caller's
  public List<MetadataEntry> getServer(long holder, String address, GetMetadataRequest request) {
    List<MetadataEntry> all = annotations.list(holder, 0, holder);
    all.addAll(annotations.list(0, 0, 0));
    all.add(entry(ADMIN, "mailto:postmaster" + address.substring(address.lastIndexOf('@'))));
    return wanted(all, request);
  }

  private static MetadataEntry entry(String name, String value) {
    return MetadataEntry.newBuilder()
        .setName(name)
        .setValue(ByteString.copyFromUtf8(value))
        .build();
  }

  private static List<MetadataEntry> wanted(List<MetadataEntry> all, GetMetadataRequest request) {
    Set<String> names =
        request.getEntriesList().stream().map(Metadata::kept).collect(Collectors.toSet());
    return all.stream()
        .filter(
            entry -> {
              String name = entry.getName();
              String superior = name.substring(0, name.lastIndexOf('/'));
              return names.contains(name)
                  || switch (request.getDepth()) {
                    case INFINITY -> names.stream().anyMatch(n -> name.startsWith(n + "/"));
                    case ONE -> names.contains(superior);
                    case ZERO, UNRECOGNIZED -> false;
                  };
            })
        .sorted((a, b) -> a.getName().compareTo(b.getName()))
        .toList();
  }

  /// Entries of these names of many mailboxes, by mailbox.
  public Map<Long, List<MetadataEntry>> named(
      long account, long holder, List<MailboxRows.Listed> mailboxes, List<String> names) {
    List<String> kept = names.stream().map(Metadata::kept).toList();
    Map<Long, List<MetadataEntry>> entries =
        new HashMap<>(annotations.named(account, holder, kept));
    if (kept.contains(SPECIAL_USE) && holder == account) {
      for (MailboxRows.Listed mailbox : mailboxes) {
        String uses = SpecialUseNames.text(mailbox.specialUse());
        if (!uses.isEmpty()) {
          entries
              .computeIfAbsent(mailbox.mailboxId(), id -> new ArrayList<>())
              .add(entry(SPECIAL_USE, uses));
        }
      }
    }
    return entries;
  }

  /// Sets entries of a mailbox, and removes those without a value: all or none.
  public void set(Place of, List<MetadataEntry> given) {
    Map<String, MetadataEntry> entries = checked(given);
    boolean shared = entries.keySet().stream().anyMatch(name -> name.startsWith("/shared/"));
    if (!mayRead(of.access().rights()) || (shared && !of.access().may(Right.RIGHT_WRITE))) {
      throw of.access().refusal();
    }
    long account = of.account();
    long holder = of.access().holder();
    Optional<Integer> uses = Optional.empty();
    if (entries.containsKey(SPECIAL_USE)) {
      if (holder != account) {
        throw new StoreException(ErrorCode.PERMISSION_DENIED, "special uses are the owner's");
      }
      MetadataEntry entry = entries.remove(SPECIAL_USE);
      uses =
          Optional.of(SpecialUseNames.parse(entry == null ? "" : entry.getValue().toStringUtf8()));
    }
    annotations.set(account, of.name(), holder, List.copyOf(entries.values()), uses);
    store.changed();
  }

  /// Sets entries of the server. PERMISSION_DENIED for shared ones, unless an administrator does.
  public void setServer(long holder, boolean administrator, List<MetadataEntry> given) {
    Map<String, MetadataEntry> entries = checked(given);
    boolean shared = entries.keySet().stream().anyMatch(name -> name.startsWith("/shared/"));
    if (entries.containsKey(ADMIN) || (shared && !administrator)) {
      throw new StoreException(ErrorCode.PERMISSION_DENIED, "only administrators may set it");
    }
    annotations.setServer(holder, List.copyOf(entries.values()));
    store.changed();
  }

  /// By the name they are kept under; the last of several of one name counts.
  private static Map<String, MetadataEntry> checked(List<MetadataEntry> given) {
    Map<String, MetadataEntry> entries = new TreeMap<>();
    for (MetadataEntry entry : given) {
      String name = kept(entry.getName());
      if (!(name.startsWith("/shared/") || name.startsWith("/private/"))
          || name.length() > MAX_NAME) {
        throw new StoreException(ErrorCode.INVALID_ARGUMENT, "not the name of an entry");
      }
      if (entry.getValue().size() > MAX_VALUE) {
        throw new StoreException(ErrorCode.MESSAGE_TOO_LARGE, "a value is too large");
      }
      entries.put(name, entry.toBuilder().setName(name).build());
    }
    return entries;
  }

  /// Entry names are compared without case (RFC 5464 section 3.2).
  private static String kept(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
