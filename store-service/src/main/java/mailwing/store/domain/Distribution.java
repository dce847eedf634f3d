package mailwing.store.domain;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import mailwing.store.Address;
import mailwing.store.accounts.Forwarding;
import mailwing.store.accounts.Hmac;
import mailwing.store.accounts.Resolution;
import mailwing.store.persistence.GroupRow;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.DeliveryRecipient;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.Protocol;
import mailwing.store.v1.Submission;
import org.jspecify.annotations.Nullable;

/// Where the copies of one delivery go: into accounts of ours, each once, and out, under one
/// envelope for each address of ours that sends it on.
final class Distribution {
  private static final int NOTIFY_NEVER = 1;
  private static final int DELIVERY_ID_OCTETS = 16;

  /// Accounts that get a group's message at once; the others get it from the retry table.
  private static final int AT_ONCE = 100;

  /// What has been posted to one group, by however many recipients.
  ///
  /// @param leaving for its members elsewhere; null where it has none
  private record Post(Gate gate, Set<Long> accounts, @Nullable Leaving leaving) {}

  /// What one account gets.
  ///
  /// @param recipient the first that led to the account
  /// @param prefix what stands before the message
  /// @param answered the client is told of this account's refusal
  /// @param told the recipients that the sender is told of
  /// @param later not stored in this call
  /// @param gate through which it came; null where it is named itself
  @SuppressWarnings("ArrayRecordComponent") // on its way to SQL, never compared
  record Arriving(
      String recipient,
      byte[] prefix,
      boolean answered,
      List<DeliveryRecipient> told,
      boolean later,
      @Nullable Gate gate) {}

  private final MailStore store;
  private final DeliveryEnvelope envelope;
  private final Submitter submitter;
  private final long holdUntil;
  private final Map<Long, Arriving> arriving = new LinkedHashMap<>();
  private final Map<String, Leaving> leaving = new LinkedHashMap<>();
  private final Map<String, Gate> gates = new LinkedHashMap<>();
  private final Map<Long, Post> posts = new HashMap<>();
  private final Map<Long, Boolean> mayPost = new HashMap<>();
  private final List<Plan> plans = new ArrayList<>();
  private final Map<DeliveryRecipient, LocalReports.Reason> refused = new LinkedHashMap<>();
  private final Map<DeliveryRecipient, LocalReports.Reason> partly = new LinkedHashMap<>();
  private final List<DeliveryRecipient> expanded = new ArrayList<>();
  private final Map<DeliveryRecipient, Gate> posted = new LinkedHashMap<>();

  /// @param submitter who answers for what leaves the house
  Distribution(MailStore store, DeliveryEnvelope envelope, Submitter submitter, long now) {
    this.store = store;
    this.envelope = envelope;
    this.submitter = submitter;
    this.holdUntil = submitter.holdUntil(envelope.getSubmission().getHoldUntilMillis(), now);
    List<Resolution> resolutions = new ArrayList<>();
    for (DeliveryRecipient recipient : envelope.getRecipientsList()) {
      Resolution resolution = store.resolve(recipient.getAddress());
      resolutions.add(resolution);
      // Before any group: who is named gets the copy that says so.
      if (holdUntil == 0 && resolution instanceof Resolution.Local local) {
        arrive(recipient, local);
      }
    }
    for (int i = 0; i < resolutions.size(); i++) {
      plans.add(plan(envelope.getRecipients(i), resolutions.get(i)));
    }
  }

  Map<Long, Arriving> arriving() {
    return arriving;
  }

  List<Leaving> leaving() {
    return List.copyOf(leaving.values());
  }

  /// One for each recipient of the envelope.
  List<Plan> plans() {
    return plans;
  }

  /// Recipients whose sender is told by the first commit that they failed.
  Map<DeliveryRecipient, LocalReports.Reason> refused() {
    return refused;
  }

  /// Recipients that are taken, but for a group among them that takes nothing from this sender.
  Map<DeliveryRecipient, LocalReports.Reason> partly() {
    return partly;
  }

  /// Recipients that stand for several.
  List<DeliveryRecipient> expanded() {
    return expanded;
  }

  /// Has the recipient of this place merely gone on to one address elsewhere, which tells of
  /// success itself (RFC 3461 §5.2.7.2)?
  boolean isSentOn(int place) {
    DeliveryRecipient recipient = envelope.getRecipients(place);
    return !plans.get(place).hasAccounts()
        && !expanded.contains(recipient)
        && !posted.containsKey(recipient);
  }

  /// Recipients that are a group which has taken the message.
  List<DeliveryRecipient> posted() {
    return posted.entrySet().stream()
        .filter(one -> one.getValue().closed == null)
        .map(Map.Entry::getKey)
        .toList();
  }

  /// Does the way that the message has come matter?
  boolean hasGates() {
    return !gates.isEmpty();
  }

  /// Closes the gates that the message has been through. What goes through the others is counted.
  void look(TrailHeader header) {
    for (Gate gate : gates.values()) {
      gate.look(header);
      if (gate.closed == null) {
        store.forwarding().count(gate.who);
      }
    }
    for (int i = 0; i < plans.size(); i++) {
      if (plans.get(i).isClosed() && !plans.get(i).hasAccounts()) {
        refused.put(envelope.getRecipients(i), LocalReports.reason(plans.get(i).closed()));
      }
    }
  }

  private static boolean isOne(Resolution.Local local) {
    return local.targets().size() + local.outside().size() + local.groups().size() == 1;
  }

  private void arrive(DeliveryRecipient recipient, Resolution.Local local) {
    boolean one = isOne(local);
    if (!one) {
      expanded.add(recipient);
    }
    for (Resolution.Target target : local.targets()) {
      arriving
          .computeIfAbsent(
              target.accountId(),
              account ->
                  new Arriving(
                      recipient.getAddress(),
                      recipient.getHeaderPrefix().toByteArray(),
                      envelope.getAnswersEach() && one,
                      new ArrayList<>(),
                      false,
                      null))
          .told()
          .add(one ? recipient : LocalReports.withoutSuccess(recipient));
    }
  }

  private Plan plan(DeliveryRecipient recipient, Resolution resolution) {
    return switch (resolution) {
      case Resolution.UnknownUser unknown -> refused(recipient, ErrorCode.ACCOUNT_NOT_FOUND);
      case Resolution.Disabled disabled -> refused(recipient, ErrorCode.ACCOUNT_DISABLED);
      case Resolution.BadBounce bad -> refused(recipient, ErrorCode.RETURN_REFUSED);
      case Resolution.Bounce bounce -> bounce(recipient, bounce);
      case Resolution.NotLocal elsewhere ->
          submitter.account() == 0
              ? refused(recipient, ErrorCode.DOMAIN_NOT_FOUND)
              : submitted(recipient, false);
      case Resolution.Local local ->
          holdUntil > 0 ? submitted(recipient, true) : local(recipient, local);
    };
  }

  private Plan refused(DeliveryRecipient recipient, ErrorCode why) {
    refused.put(recipient, LocalReports.reason(why));
    return Plan.refused(why);
  }

  /// @param local it is one of ours, which has to wait
  private Plan submitted(DeliveryRecipient recipient, boolean local) {
    Leaving out =
        leaving.computeIfAbsent(
            "submitted",
            key ->
                new Leaving(
                    submitter.account(),
                    envelope.getDeliveryId().toByteArray(),
                    envelope.getReversePath(),
                    "",
                    envelope.getSubmission(),
                    null,
                    null,
                    submitter.notifies(),
                    holdUntil));
    out.recipients.put(recipient.getAddress(), QueuedShare.recipient(recipient, local));
    return Plan.queued(out);
  }

  /// A notification for a reverse-path of ours goes back to the sender.
  private Plan bounce(DeliveryRecipient recipient, Resolution.Bounce bounce) {
    if (!envelope.getReversePath().isEmpty()) {
      return refused(recipient, ErrorCode.RETURN_REFUSED);
    }
    String who = who(bounce);
    Leaving out =
        leaving.computeIfAbsent(
            who,
            key ->
                new Leaving(
                    bounce.holder(),
                    derived(key),
                    "",
                    "",
                    envelope.getSubmission(),
                    null,
                    recipient.getAddress(),
                    submitter.notifies(),
                    0));
    out.named.add(recipient.getAddress());
    DeliveryRecipient back = recipient.toBuilder().setPath(SmtpPath.of(bounce.sender())).build();
    out.recipients.put(bounce.sender(), QueuedShare.recipient(back, false));
    store.forwarding().count(who);
    return Plan.queued(out);
  }

  private Plan local(DeliveryRecipient recipient, Resolution.Local local) {
    List<Set<Long>> accounts = new ArrayList<>();
    Set<Long> own = new LinkedHashSet<>();
    local.targets().forEach(target -> own.add(target.accountId()));
    accounts.add(own);
    List<Leaving> out = new ArrayList<>();
    List<Gate> passed = new ArrayList<>();
    for (Resolution.Outside outside : local.outside()) {
      Leaving on = forwarded(recipient, outside, isOne(local));
      if (!out.contains(on)) {
        out.add(on);
        passed.add(gateOf(on));
      }
    }
    boolean refusing = false;
    for (GroupRow group : local.groups()) {
      if (mayPost.computeIfAbsent(
          group.groupId(), id -> store.forwarding().mayPost(group, poster(envelope)))) {
        Post post = posts.computeIfAbsent(group.groupId(), id -> post(recipient, group));
        accounts.add(post.accounts());
        if (post.leaving() != null) {
          post.leaving().named.add(recipient.getAddress());
          out.add(post.leaving());
        }
        passed.add(post.gate());
        if (isOne(local)) {
          posted.put(recipient, post.gate());
        }
      } else {
        refusing = true;
      }
    }
    Plan plan = new Plan(accounts, out, passed, null);
    if (!plan.hasAccounts() && out.isEmpty()) {
      return refused(recipient, refusing ? ErrorCode.POST_REFUSED : ErrorCode.ACCOUNT_NOT_FOUND);
    }
    if (refusing) {
      partly.put(recipient, LocalReports.reason(ErrorCode.POST_REFUSED));
    }
    return plan;
  }

  private static Gate gateOf(Leaving on) {
    return Objects.requireNonNull(on.gate);
  }

  /// Who a message is from, for the groups that it is for.
  static Forwarding.Poster poster(DeliveryEnvelope envelope) {
    return new Forwarding.Poster(
        Address.unquoted(envelope.getReversePath()),
        envelope.getTrace().getAuthenticatedAs(),
        envelope.getTrusted() || envelope.getTrace().getProtocol() == Protocol.LMTP);
  }

  /// What the limit of an hour counts.
  static String who(Resolution.Outside outside) {
    return "forward " + SmtpPath.ascii(outside.through());
  }

  static String who(Resolution.Bounce bounce) {
    return "bounces " + bounce.sender();
  }

  static String who(GroupRow group) {
    return "group " + group.groupId();
  }

  private Leaving forwarded(DeliveryRecipient recipient, Resolution.Outside outside, boolean one) {
    String who = who(outside);
    Leaving out =
        leaving.computeIfAbsent(
            who,
            key -> {
              Gate gate = gates.computeIfAbsent(who, w -> new Gate(outside.through(), null, w));
              String from =
                  store
                      .forwarding()
                      .reversePath(
                          Address.unquoted(envelope.getReversePath()), outside.through().domain());
              return new Leaving(
                  outside.holder(),
                  derived(who),
                  SmtpPath.of(from),
                  "Delivered-To: " + SmtpPath.ascii(outside.through()) + "\r\n",
                  envelope.getSubmission(),
                  gate,
                  outside.through().spelling(),
                  submitter.notifies(),
                  0);
            });
    out.named.add(recipient.getAddress());
    // RFC 3461 §5.2.7.2: of one address is asked what was asked of ours; §5.2.7.3 (c): where there
    // are several, ours tells of itself.
    DeliveryRecipient asked = one ? recipient : LocalReports.withoutSuccess(recipient);
    out.recipients.putIfAbsent(
        outside.to().localPart() + "@" + outside.to().domain(),
        QueuedShare.recipient(
            asked.toBuilder()
                .setPath(SmtpPath.of(outside.to().spelling()))
                .setNotify(mayBeTold() ? asked.getNotify() : NOTIFY_NEVER)
                .build(),
            false));
    return out;
  }

  /// Failures of a stranger's message of which nobody is told here are told nowhere.
  private boolean mayBeTold() {
    return envelope.hasReporting()
        || envelope.getTrusted()
        || submitter.account() != 0
        || envelope.getReversePath().isEmpty();
  }

  /// A message for a group is delivered when the group has it; its members get one that the group
  /// sends (RFC 3461 §5.2.7.1).
  private Post post(DeliveryRecipient recipient, GroupRow group) {
    String who = who(group);
    Gate gate = new Gate(group.address(), group, who);
    Set<Long> accounts = new LinkedHashSet<>();
    Leaving on = null;
    Resolution.Local members = store.forwarding().members(group);
    String bounces = SmtpPath.of(GroupHeader.bounces(group).spelling());
    String fields = GroupHeader.fields(group);
    byte[] prefix =
        ("Return-Path: <" + bounces + ">\r\n" + fields).getBytes(StandardCharsets.UTF_8);
    for (Resolution.Target target : members.targets()) {
      accounts.add(target.accountId());
      arriving.putIfAbsent(
          target.accountId(),
          new Arriving(
              recipient.getAddress(), prefix, false, List.of(), arriving.size() >= AT_ONCE, gate));
    }
    if (!members.outside().isEmpty()) {
      on =
          new Leaving(
              -group.domainId(),
              derived(who),
              bounces,
              fields,
              Submission.newBuilder()
                  .setReturn(Submission.Return.HEADERS)
                  .setSmtpUtf8(envelope.getSubmission().getSmtpUtf8())
                  .setRequireTls(envelope.getSubmission().getRequireTls())
                  .build(),
              gate,
              group.address().spelling(),
              false,
              0);
      leaving.put(who, on);
      for (Resolution.Outside member : members.outside()) {
        String address = member.to().localPart() + "@" + member.to().domain();
        on.recipients.putIfAbsent(
            address,
            QueuedShare.recipient(
                DeliveryRecipient.newBuilder().setPath(SmtpPath.of(member.to().spelling())).build(),
                false));
      }
    }
    gates.put(who, gate);
    return new Post(gate, accounts, on);
  }

  /// The same for the same delivery: a repeat is recognised.
  private byte[] derived(String who) {
    byte[] mac =
        Hmac.sha256(
            envelope.getDeliveryId().toByteArray(),
            who.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8));
    return Arrays.copyOf(mac, DELIVERY_ID_OCTETS);
  }
}
