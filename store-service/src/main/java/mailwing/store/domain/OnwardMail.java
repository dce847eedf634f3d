package mailwing.store.domain;

import java.util.Optional;
import java.util.stream.Stream;
import mailwing.store.Address;
import mailwing.store.accounts.Forwarding;
import mailwing.store.accounts.Resolution;
import mailwing.store.persistence.GroupRow;
import mailwing.store.v1.RecipientSender;
import mailwing.store.v1.ResolveRecipientRequest;
import mailwing.store.v1.ResolveRecipientResponse.Status;

/// Will mail for an address be sent on? Asked at RCPT; the delivery asks again, but for the rate.
public final class OnwardMail {
  private final MailStore store;

  public OnwardMail(MailStore store) {
    this.store = store;
  }

  /// Why a rewritten reverse-path does not take it.
  public Optional<Status> bounce(Resolution.Bounce bounce, ResolveRecipientRequest request) {
    if (request.hasSender() && !request.getSender().getReversePath().isEmpty()) {
      return Optional.of(Status.RETURN_REFUSED);
    }
    return isOver(Distribution.who(bounce)) ? Optional.of(Status.TRY_LATER) : Optional.empty();
  }

  /// Why the addresses and groups behind an address do not get it.
  public Optional<Status> refusal(Resolution.Local local, ResolveRecipientRequest request) {
    if (request.hasSender()
        && local.targets().isEmpty()
        && local.outside().isEmpty()
        && local.groups().stream()
            .noneMatch(group -> store.forwarding().mayPost(group, poster(request.getSender())))) {
      return Optional.of(Status.POST_REFUSED);
    }
    Stream<String> senders =
        Stream.concat(
            local.outside().stream().map(Distribution::who),
            local.groups().stream().map(Distribution::who));
    return senders.anyMatch(this::isOver) ? Optional.of(Status.TRY_LATER) : Optional.empty();
  }

  /// The domain on whose behalf mail goes on, in A-labels; empty where it does not.
  public static String sentOnBy(Resolution found) {
    if (!(found instanceof Resolution.Local local)) {
      return "";
    }
    return Stream.concat(
            local.outside().stream().map(Resolution.Outside::through),
            local.groups().stream().map(GroupRow::address))
        .findFirst()
        .flatMap(through -> Address.asciiDomain(through.domain()))
        .orElse("");
  }

  private boolean isOver(String who) {
    return store.forwarding().isOver(who);
  }

  private static Forwarding.Poster poster(RecipientSender sender) {
    return new Forwarding.Poster(
        sender.getReversePath(), sender.getAuthenticatedAs(), sender.getTrusted());
  }
}
