package mailwing.store.grpc;

import static mailwing.store.grpc.MailFixture.ALICE;
import static mailwing.store.grpc.MailFixture.BOB;
import static mailwing.store.grpc.MailFixture.message;
import static mailwing.store.grpc.MailFixture.range;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import mailwing.store.grpc.MailFixture.User;
import mailwing.store.v1.AppendHeader;
import mailwing.store.v1.CopyMessagesRequest;
import mailwing.store.v1.CopyMessagesResponse;
import mailwing.store.v1.CreateMailboxRequest;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.FlagArrays;
import mailwing.store.v1.Flags;
import mailwing.store.v1.ListMailboxesRequest;
import mailwing.store.v1.Mailbox;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.SearchKey;
import mailwing.store.v1.SearchRequest;
import mailwing.store.v1.SetAclRequest;
import mailwing.store.v1.StoreFlagsRequest;
import mailwing.store.v1.StoreFlagsResponse;

/// Alice, who shares mailboxes with Bob, and what can be done with them.
final class SharesFixture implements AutoCloseable {
  static final String CAROL = "carol@example.test";
  static final int SEEN = 1;
  static final int ANSWERED = 2;
  static final int FLAGGED = 4;
  static final int DELETED = 8;
  static final String LETTERS = "lrswipkxtea";

  final MailFixture store = new MailFixture();
  final User alice = store.user(ALICE);
  final User bob = store.user(BOB);
  final MailboxRef project;

  SharesFixture() {
    alice.mailboxes().createMailbox(CreateMailboxRequest.newBuilder().setName("Project").build());
    project = alice.ref("Project");
  }

  static int rights(String letters) {
    int bits = 0;
    for (int i = 0; i < letters.length(); i++) {
      bits |= 1 << LETTERS.indexOf(letters.charAt(i));
    }
    return bits;
  }

  void grant(String mailbox, String identifier, String letters) {
    grant(alice, mailbox, identifier, letters);
  }

  static void grant(User owner, String mailbox, String identifier, String letters) {
    owner
        .mailboxes()
        .setAcl(
            SetAclRequest.newBuilder()
                .setMailbox(mailbox)
                .setIdentifier(identifier)
                .setRights(rights(letters))
                .build());
  }

  static String named(String owner, String name) {
    return "Other Users/" + owner + "/" + name;
  }

  static int append(User user, String mailbox, int flags, String... keywords) {
    return user.append(
            AppendHeader.newBuilder()
                .setMailboxName(mailbox)
                .setFlags(Flags.newBuilder().setSystem(flags).addAllKeywords(List.of(keywords)))
                .build(),
            message("of " + mailbox, 300))
        .getUids(0);
  }

  static ErrorCode error(Runnable call) {
    Throwable failure = catchThrowable(call::run);
    return failure == null ? ErrorCode.ERROR_CODE_UNSPECIFIED : MailFixture.error(failure);
  }

  static NavigableMap<Integer, Integer> flags(User user, MailboxRef mailbox) {
    TreeMap<Integer, Integer> flags = new TreeMap<>();
    for (FlagArrays frame : user.snapshot(mailbox).frames()) {
      for (int i = 0; i < frame.getUidsCount(); i++) {
        flags.put(frame.getUids(i), frame.getSystemFlags(i));
      }
    }
    return flags;
  }

  static List<StoreFlagsResponse> store(
      User user, MailboxRef mailbox, StoreFlagsRequest.Operation operation, int flags, long since) {
    StoreFlagsRequest.Builder request =
        StoreFlagsRequest.newBuilder()
            .setMailbox(mailbox)
            .addUids(range(1, 1000))
            .setOperation(operation)
            .setFlags(MailFixture.system(flags));
    if (since >= 0) {
      request.setUnchangedSince(since);
    }
    List<StoreFlagsResponse> responses = new ArrayList<>();
    user.messages().storeFlags(request.build()).forEachRemaining(responses::add);
    return responses;
  }

  static void add(User user, MailboxRef mailbox, int flags) {
    store(user, mailbox, StoreFlagsRequest.Operation.ADD, flags, -1);
  }

  static List<Integer> changed(User user, MailboxRef mailbox, long since) {
    List<Integer> uids = new ArrayList<>();
    user.changes(mailbox, since, false)
        .forEach(frame -> uids.addAll(frame.getMessages().getUidsList()));
    return uids;
  }

  static List<Integer> search(User user, MailboxRef mailbox, SearchKey.Builder key) {
    List<Integer> uids = new ArrayList<>();
    user.messages()
        .search(SearchRequest.newBuilder().setMailbox(mailbox).setKey(key).build())
        .forEachRemaining(frame -> uids.addAll(frame.getUidsList()));
    return uids;
  }

  static long highest(User user, String name) {
    return user.status(name).getHighestModseq();
  }

  static List<String> list(User user) {
    List<String> names = new ArrayList<>();
    user.mailboxes()
        .listMailboxes(ListMailboxesRequest.newBuilder().setWithShared(true).build())
        .forEachRemaining(
            (Mailbox mailbox) -> {
              if (mailbox.getName().startsWith("Other Users/")) {
                names.add(mailbox.getName());
              }
            });
    return names;
  }

  static List<CopyMessagesResponse> copy(
      User user, MailboxRef source, MailboxRef to, String name, boolean move) {
    List<CopyMessagesResponse> responses = new ArrayList<>();
    user.messages()
        .copyMessages(
            CopyMessagesRequest.newBuilder()
                .setSource(source)
                .addUids(range(1, 1000))
                .setDestination(to)
                .setDestinationName(name)
                .setMove(move)
                .build())
        .forEachRemaining(responses::add);
    return responses;
  }

  @Override
  public void close() {
    store.close();
  }
}
