package mailwing.testkit;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import mailwing.gateway.StoreClient;
import mailwing.gateway.StoreSession;
import mailwing.service.Secret;
import mailwing.store.v1.ClientInfo;
import mailwing.store.v1.FetchItems;
import mailwing.store.v1.FetchMessagesRequest;
import mailwing.store.v1.FetchMessagesResponse;
import mailwing.store.v1.OpenMailboxRequest;
import mailwing.store.v1.OpenMailboxResponse;
import mailwing.store.v1.Protocol;
import mailwing.store.v1.UidRange;

/// The INBOX of a user whose password is `wing`, as it is when it is opened.
public final class Inbox implements AutoCloseable {
  private final StoreSession session;
  private final OpenMailboxResponse opened;

  /// @param reader with the IMAP gateway's credential
  public Inbox(StoreClient reader, String address) {
    session =
        reader.authenticatePassword(
            "",
            address,
            Secret.of("wing"),
            ClientInfo.newBuilder().setProtocol(Protocol.IMAP).setAddress("127.0.0.1").build());
    opened = session.openMailbox(OpenMailboxRequest.newBuilder().setName("INBOX").build());
  }

  /// The last message; empty where there is none.
  public static String last(StoreClient reader, String address) {
    try (Inbox inbox = new Inbox(reader, address)) {
      List<Integer> uids = inbox.uids(1);
      return uids.isEmpty() ? "" : inbox.text(uids.getLast());
    }
  }

  /// Every message.
  public static List<String> all(StoreClient reader, String address) {
    try (Inbox inbox = new Inbox(reader, address)) {
      return inbox.uids(1).stream().map(inbox::text).toList();
    }
  }

  public int count() {
    return opened.getStatus().getMessages();
  }

  /// The UIDs from this one on, in their order.
  public List<Integer> uids(int first) {
    List<Integer> uids = new ArrayList<>();
    try (var found =
        session.fetchMessages(
            FetchMessagesRequest.newBuilder()
                .setMailbox(opened.getMailbox().getRef())
                .addUids(UidRange.newBuilder().setFirst(first))
                .setItems(FetchItems.newBuilder().setSize(true))
                .build())) {
      for (FetchMessagesResponse next = found.next(); next != null; next = found.next()) {
        next.getMessagesList().forEach(message -> uids.add(message.getUid()));
      }
    }
    return uids;
  }

  /// A message's octets.
  public byte[] read(int uid) {
    return session.readBody(opened.getMailbox().getRef(), uid, 0, 0).toByteArray();
  }

  private String text(int uid) {
    return new String(read(uid), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    session.close();
  }
}
