package mailwing.store.grpc;

import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import mailwing.store.StoreException;
import mailwing.store.domain.MailStore;
import mailwing.store.domain.Place;
import mailwing.store.persistence.MailboxReads;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.GetStatusResponse;
import mailwing.store.v1.MailboxStatus;
import mailwing.store.v1.Right;
import mailwing.store.v1.StatusQuery;
import mailwing.store.v1.StatusResult;
import org.jspecify.annotations.Nullable;

/// Answers GetStatus, which a gateway asks for many sessions at a time.
final class StatusQueries {
  private final MailStore store;
  private final MailRights rights;
  private final Function<String, Caller> tokens;

  StatusQueries(MailStore store, MailRights rights, Function<String, Caller> tokens) {
    this.store = store;
    this.rights = rights;
    this.tokens = tokens;
  }

  /// One result for each query, in order.
  GetStatusResponse answer(List<StatusQuery> queries) {
    List<Asked> asked = queries.stream().map(this::asked).toList();
    Map<Place, Answer> answers = answers(asked);
    // One's sessions on a mailbox ask alike.
    Map<Question, StatusResult> known = new HashMap<>();
    GetStatusResponse.Builder response = GetStatusResponse.newBuilder();
    asked.forEach(one -> response.addResults(status(one, answers, known)));
    return response.build();
  }

  private record Question(Place place, StatusQuery query) {}

  /// A query, and where it leads or why it does not.
  private record Asked(StatusQuery query, @Nullable Place place, ErrorCode error) {}

  private Asked asked(StatusQuery query) {
    try {
      Caller caller =
          query.getToken().isEmpty() ? Caller.current() : tokens.apply(query.getToken());
      return new Asked(
          query.toBuilder().clearToken().clearRef().clearName().build(),
          rights.read(caller, query.getRef(), query.getName(), Right.RIGHT_READ),
          ErrorCode.ERROR_CODE_UNSPECIFIED);
    } catch (StoreException e) {
      return new Asked(query, null, e.code());
    }
  }

  /// What was found, or why nothing was.
  private record Answer(MailboxReads.@Nullable Found found, ErrorCode error) {
    static Answer of(MailboxReads.@Nullable Found found) {
      return new Answer(
          found, found == null ? ErrorCode.MAILBOX_NOT_FOUND : ErrorCode.ERROR_CODE_UNSPECIFIED);
    }
  }

  /// All mailboxes that are asked for, each read once and together.
  private Map<Place, Answer> answers(List<Asked> asked) {
    Map<Place, MailboxReads.Wanted> wanted = new LinkedHashMap<>();
    for (Asked one : asked) {
      Place place = one.place();
      if (place != null) {
        wanted.put(place, new MailboxReads.Wanted(place.access(), place.mailboxId(), place.name()));
      }
    }
    Map<Place, Answer> answers = new HashMap<>();
    try {
      Iterator<Optional<MailboxReads.Found>> found =
          store.mailboxReads().find(List.copyOf(wanted.values())).iterator();
      wanted.forEach((place, its) -> answers.put(place, Answer.of(found.next().orElse(null))));
    } catch (StoreException e) {
      // One of them may be what the database cannot take: the others shall not suffer for it.
      boolean alone = e.code() == ErrorCode.INTERNAL && wanted.size() > 1;
      wanted.forEach(
          (place, its) -> answers.put(place, alone ? alone(its) : new Answer(null, e.code())));
    }
    return answers;
  }

  private Answer alone(MailboxReads.Wanted wanted) {
    try {
      return Answer.of(
          store.mailboxReads().find(wanted.access(), wanted.mailboxId(), wanted.name()));
    } catch (StoreException e) {
      return new Answer(null, e.code());
    }
  }

  private StatusResult status(
      Asked asked, Map<Place, Answer> answers, Map<Question, StatusResult> known) {
    Place place = asked.place();
    Answer answer = place == null ? null : answers.get(place);
    MailboxReads.Found found = answer == null ? null : answer.found();
    if (place == null || answer == null || found == null) {
      return refused(answer == null ? asked.error() : answer.error());
    }
    try {
      return known.computeIfAbsent(
          new Question(place, asked.query()),
          question ->
              StatusResult.newBuilder()
                  .setRef(MailboxLists.ref(place.account(), found.mailboxId()))
                  .setStatus(status(place.account(), found, asked.query()))
                  .build());
    } catch (StoreException e) {
      return refused(e.code());
    }
  }

  private static StatusResult refused(ErrorCode error) {
    return StatusResult.newBuilder().setError(error).build();
  }

  private MailboxStatus status(long account, MailboxReads.Found found, StatusQuery query) {
    MailboxStatus.Builder status = found.status().toBuilder();
    if (!query.getWithKeywords()) {
      status.clearKeywords();
    }
    if (query.getWithDeletedOctets() && status.getDeleted() != 0) {
      long id = found.mailboxId();
      status.setDeletedOctets(
          store.mailboxReads().deletedOctets(account, List.of(id)).getOrDefault(id, 0L));
    }
    return status.build();
  }
}
