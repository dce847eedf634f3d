package mailwing.imap.session;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import mailwing.gateway.StoreException;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.AuthenticatedCommand.GetMetadata.Depth;
import mailwing.imap.command.MailboxName;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.protocol.ResponseWriter;
import mailwing.imap.session.SessionState.LoggedIn;
import mailwing.store.v1.GetMetadataRequest;
import mailwing.store.v1.MetadataEntry;
import mailwing.store.v1.SetMetadataRequest;
import org.jspecify.annotations.Nullable;

/// GETMETADATA and SETMETADATA (RFC 5464), and METADATA of LIST (RFC 9590).
final class MetadataExecutor {
  /// What the store takes as one value.
  private static final int MAX_VALUE = 16 << 10;

  private MetadataExecutor() {}

  static Reply get(Session session, LoggedIn state, AuthenticatedCommand.GetMetadata command)
      throws IOException {
    if (!names(command.entries())) {
      return Reply.bad("Entries are below /private or /shared");
    }
    MailboxName mailbox = command.mailbox();
    List<MetadataEntry> found =
        state
            .store()
            .metadata(
                GetMetadataRequest.newBuilder()
                    .setMailbox(mailbox == null ? "" : mailbox.value())
                    .addAllEntries(command.entries())
                    .setDepth(
                        switch (command.depth()) {
                          case ZERO -> GetMetadataRequest.Depth.ZERO;
                          case ONE -> GetMetadataRequest.Depth.ONE;
                          case INFINITY -> GetMetadataRequest.Depth.INFINITY;
                        })
                    .build());
    Map<String, @Nullable ByteString> told = new LinkedHashMap<>();
    // A name that was asked for is told as it was asked for, NIL where there is none.
    if (command.depth() == Depth.ZERO) {
      told.putAll(values(command.entries(), found));
    } else {
      found.forEach(entry -> told.put(entry.getName(), entry.getValue()));
    }
    long longest = -1;
    if (command.maxSize() >= 0) {
      for (ByteString value : told.values()) {
        if (value != null && value.size() > command.maxSize()) {
          longest = Math.max(longest, value.size());
        }
      }
      told.values().removeIf(value -> value != null && value.size() > command.maxSize());
    }
    if (!told.isEmpty()) {
      session.out().metadata(mailbox, told);
    }
    return longest < 0
        ? Reply.ok("GETMETADATA completed")
        : Reply.ok(new ResponseCode.Metadata("LONGENTRIES", longest), "GETMETADATA completed");
  }

  static Reply set(Session session, LoggedIn state, AuthenticatedCommand.SetMetadata command)
      throws IOException {
    if (!names(
        command.entries().stream().map(AuthenticatedCommand.SetMetadata.Entry::name).toList())) {
      return Reply.bad("Entries are below /private or /shared");
    }
    MailboxName mailbox = command.mailbox();
    SetMetadataRequest.Builder request =
        SetMetadataRequest.newBuilder().setMailbox(mailbox == null ? "" : mailbox.value());
    for (AuthenticatedCommand.SetMetadata.Entry entry : command.entries()) {
      MetadataEntry.Builder set = MetadataEntry.newBuilder().setName(entry.name());
      ByteString value = entry.value();
      if (value != null) {
        if (value.size() > MAX_VALUE) {
          return Reply.no(
              new ResponseCode.Metadata("MAXSIZE", MAX_VALUE), "The value is too large");
        }
        if (mailbox == null && !Filters.mayBe(session, entry.name(), value)) {
          return Reply.no(ResponseCode.Name.CANNOT, "Not a search");
        }
        set.setValue(value);
      }
      request.addEntries(set);
    }
    try {
      state.store().setMetadata(request.build());
    } catch (StoreException e) {
      return switch (e.code()) {
        case LIMIT ->
            Reply.no(new ResponseCode.Metadata("TOOMANY", -1), "There are too many entries");
        case MESSAGE_TOO_LARGE ->
            Reply.no(new ResponseCode.Metadata("MAXSIZE", MAX_VALUE), "The value is too large");
        default -> StoreErrors.reply(e.code());
      };
    }
    return Reply.ok("SETMETADATA completed");
  }

  /// METADATA of a mailbox in LIST, NIL for what it does not have (RFC 9590 §3).
  static void tell(
      ResponseWriter out, MailboxName mailbox, List<String> names, List<MetadataEntry> found)
      throws IOException {
    out.metadata(mailbox, values(names, found));
  }

  private static Map<String, @Nullable ByteString> values(
      List<String> names, List<MetadataEntry> found) {
    Map<String, ByteString> values = new HashMap<>();
    found.forEach(entry -> values.put(entry.getName(), entry.getValue()));
    Map<String, @Nullable ByteString> told = new LinkedHashMap<>();
    names.forEach(name -> told.put(name, values.get(name.toLowerCase(Locale.ROOT))));
    return told;
  }

  static boolean names(Collection<String> entries) {
    return entries.stream()
        .map(name -> name.toLowerCase(Locale.ROOT))
        .allMatch(
            name ->
                name.equals("/private")
                    || name.equals("/shared")
                    || name.startsWith("/private/")
                    || name.startsWith("/shared/"));
  }
}
