package mailwing.store.domain;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import mailwing.store.Address;
import mailwing.store.StoreException;
import mailwing.store.accounts.Resolution;
import mailwing.store.persistence.TraceKeys;
import mailwing.store.persistence.TraceRows;
import mailwing.store.v1.ClientInfoForTrace;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.RefusedMail;
import mailwing.store.v1.TraceMessagesRequest;
import mailwing.store.v1.TracedMessage;

/// Tells what became of messages.
public final class Traces {
  /// What a client told of itself has at most so many octets.
  static final int CLIENT_OCTETS = 8 << 10;

  private static final int PAGE = 50;
  private static final int MOST = 500;
  private static final int DEFAULT = 50;
  private static final int TEXT_LENGTH = 1000;
  private static final int REFUSALS = 1000;
  private static final int RECIPIENTS = 50;
  private static final int TARGETS = 100;
  private static final long LATEST_REPORT_MILLIS = 3_600_000;

  private final MailStore store;
  private final TraceRows rows;
  private final Function<String, Optional<Long>> accounts;

  /// @param accounts which account an address belongs to
  public Traces(MailStore store, Function<String, Optional<Long>> accounts) {
    this.store = store;
    this.rows = new TraceRows(store.sql());
    this.accounts = accounts;
  }

  /// Gives the messages that match to `sink`, the newest first.
  ///
  /// @param viewer the account that asks; 0: who may see all
  public void trace(TraceMessagesRequest request, long viewer, Consumer<TracedMessage> sink) {
    TraceRows.Query query = query(request, viewer);
    TraceRows.Position after =
        request.hasAfter()
            ? new TraceRows.Position(
                request.getAfter().getAtMillis(), request.getAfter().getDeliveryId())
            : new TraceRows.Position(Long.MAX_VALUE, ByteString.EMPTY);
    int left = request.getMost() == 0 ? DEFAULT : Math.clamp(request.getMost(), 1, MOST);
    while (left > 0) {
      int page = Math.min(left, PAGE);
      List<TracedMessage> messages = rows.page(query, after, page);
      messages.forEach(sink);
      if (messages.size() < page) {
        return;
      }
      left -= page;
      var last = messages.getLast().getPosition();
      after = new TraceRows.Position(last.getAtMillis(), last.getDeliveryId());
    }
  }

  private TraceRows.Query query(TraceMessagesRequest request, long viewer) {
    List<long[]> keys = new ArrayList<>();
    for (String text :
        List.of(
            request.getAny(),
            request.getId(),
            request.getMessageId(),
            request.getSender(),
            request.getRecipient())) {
      if (text.length() > TEXT_LENGTH) {
        throw new StoreException(ErrorCode.INVALID_ARGUMENT, "what is looked for is too long");
      }
    }
    if (!request.getAny().isEmpty()) {
      List<Long> any = new ArrayList<>(senders(request.getAny()));
      any.addAll(recipients(request.getAny()));
      any.add(TraceKeys.id(request.getAny()));
      any.add(TraceKeys.messageId(request.getAny()));
      keys.add(array(any));
    }
    if (!request.getId().isEmpty()) {
      keys.add(new long[] {TraceKeys.id(request.getId())});
    }
    if (!request.getMessageId().isEmpty()) {
      keys.add(new long[] {TraceKeys.messageId(request.getMessageId())});
    }
    if (!request.getSender().isEmpty()) {
      keys.add(array(senders(request.getSender())));
    }
    if (!request.getRecipient().isEmpty()) {
      keys.add(array(recipients(request.getRecipient())));
    }
    if (viewer != 0) {
      keys.add(new long[] {TraceKeys.account(viewer), TraceKeys.submitter(viewer)});
    }
    if (keys.isEmpty()) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "say what to look for");
    }
    return new TraceRows.Query(
        keys,
        request.getSinceMillis(),
        request.getUntilMillis() == 0 ? Long.MAX_VALUE : request.getUntilMillis(),
        viewer);
  }

  private List<Long> senders(String address) {
    List<Long> keys = new ArrayList<>();
    keys.add(TraceKeys.sender(address));
    accounts.apply(address).map(TraceKeys::submitter).ifPresent(keys::add);
    return keys;
  }

  private List<Long> recipients(String address) {
    List<Long> keys = new ArrayList<>();
    keys.add(TraceKeys.recipient(address));
    accounts.apply(address).map(TraceKeys::account).ifPresent(keys::add);
    return keys;
  }

  private static long[] array(List<Long> keys) {
    return keys.stream().mapToLong(Long::longValue).toArray();
  }

  /// Keeps what a gateway tells of mail that it refused.
  public void refused(List<RefusedMail> refusals) {
    if (refusals.size() > REFUSALS) {
      throw new StoreException(ErrorCode.LIMIT, "too many refusals at once");
    }
    if (store.traces()) {
      rows.refused(refusals.stream().map(this::refused).toList());
    }
  }

  private TraceRows.Refused refused(RefusedMail told) {
    long now = System.currentTimeMillis();
    RefusedMail.Builder kept =
        told.toBuilder()
            .setAtMillis(Math.clamp(told.getAtMillis(), now - LATEST_REPORT_MILLIS, now))
            .setReversePath(clipped(told.getReversePath()))
            .setText(clipped(told.getText()))
            .setStatus(clipped(told.getStatus()))
            .clearRecipients();
    if (told.getClient().getSerializedSize() > CLIENT_OCTETS) {
      kept.setClient(ClientInfoForTrace.getDefaultInstance());
    }
    List<Long> keys = new ArrayList<>();
    String id = kept.getClient().getQueueId();
    if (!id.isEmpty()) {
      keys.add(TraceKeys.id(id));
    }
    if (!kept.getReversePath().isEmpty()) {
      keys.add(TraceKeys.sender(Address.unquoted(kept.getReversePath())));
    }
    if (told.getAccountId() != 0) {
      keys.add(TraceKeys.submitter(told.getAccountId()));
    }
    for (String recipient : told.getRecipientsList().stream().limit(RECIPIENTS).toList()) {
      String clipped = clipped(recipient);
      kept.addRecipients(clipped);
      keys.add(TraceKeys.recipient(clipped));
      if (store.resolve(clipped) instanceof Resolution.Local local) {
        local.targets().stream()
            .limit(TARGETS)
            .forEach(target -> keys.add(TraceKeys.account(target.accountId())));
      }
    }
    return new TraceRows.Refused(kept.build(), array(keys.stream().distinct().toList()));
  }

  private static String clipped(String text) {
    return text.length() <= TEXT_LENGTH
        ? text
        : text.substring(0, text.offsetByCodePoints(0, text.codePointCount(0, TEXT_LENGTH) - 1));
  }
}
