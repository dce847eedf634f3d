package mailwing.store.domain;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import mailwing.store.persistence.NewQueued;
import mailwing.store.v1.Submission;
import org.jspecify.annotations.Nullable;

/// What goes into the queue under one envelope.
final class Leaving {
  final long holder;
  final byte[] deliveryId;
  final String reversePath;
  final byte[] prefix;
  final Submission asked;
  final @Nullable Gate gate;

  /// Not tried before, in milliseconds since 1970; 0: at once.
  final long holdUntil;

  /// The address of ours that sends it on; null: who submits the message.
  final @Nullable String through;

  /// We have made it.
  final boolean notice;

  final Map<String, NewQueued.Recipient> recipients = new LinkedHashMap<>();

  /// The envelope's recipients that led here.
  final Set<String> named = new LinkedHashSet<>();

  Leaving(
      long holder,
      byte[] deliveryId,
      String reversePath,
      String prefix,
      Submission asked,
      @Nullable Gate gate,
      @Nullable String through,
      boolean notice,
      long holdUntil) {
    this.holder = holder;
    this.through = through;
    this.notice = notice;
    this.holdUntil = holdUntil;
    this.deliveryId = deliveryId;
    this.reversePath = reversePath;
    this.prefix = prefix.getBytes(StandardCharsets.UTF_8);
    this.asked = asked;
    this.gate = gate;
  }
}
