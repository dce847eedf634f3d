package mailwing.quickstart;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import mailwing.cli.AdminClient;
import mailwing.cli.AdminClient.StoreRefusal;
import mailwing.gateway.StoreClient;
import mailwing.gateway.StoreException;
import mailwing.service.Secret;
import mailwing.store.v1.AddDomainRequest;
import mailwing.store.v1.AddUserRequest;
import mailwing.store.v1.ClientInfo;
import mailwing.store.v1.ClientInfoForTrace;
import mailwing.store.v1.DeliverRequest;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.DeliveryRecipient;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.Protocol;
import mailwing.store.v1.RecipientResult;

/// alice and bob, who make the first try easy: known passwords, one message each.
final class Demo {
  private static final String DOMAIN = "example.test";
  private static final List<String> USERS = List.of("alice", "bob");
  private static final String PASSWORD = "wing";
  private static final int DELIVERY_ID_OCTETS = 16;

  private Demo() {}

  /// Makes what is missing. Done again after a crash it makes nothing twice; done again later it
  /// brings nothing back that was removed.
  static void make(Path done, AdminClient admin, StoreClient smtp) throws java.io.IOException {
    if (Files.exists(done)) {
      return;
    }
    ignoreExisting(
        () ->
            admin.call(
                DOMAIN, s -> s.addDomain(AddDomainRequest.newBuilder().setName(DOMAIN).build())));
    for (var user : USERS) {
      var address = user + "@" + DOMAIN;
      ignoreExisting(
          () ->
              admin.call(
                  address,
                  s ->
                      s.addUser(
                          AddUserRequest.newBuilder()
                              .setAddress(address)
                              .setPassword(ByteString.copyFromUtf8(PASSWORD))
                              .build())));
      welcome(address, smtp);
    }
    Files.writeString(done, "");
  }

  /// The demo users who still have the password that everyone knows.
  static List<String> withKnownPassword(StoreClient gateway) {
    return USERS.stream()
        .map(user -> user + "@" + DOMAIN)
        .filter(
            address -> {
              try {
                gateway.authenticatePassword(
                    "",
                    address,
                    Secret.of(PASSWORD),
                    ClientInfo.newBuilder()
                        .setProtocol(Protocol.IMAP)
                        .setAddress("127.0.0.1")
                        .setTls(true)
                        .build());
                return true;
              } catch (StoreException e) {
                return false;
              }
            })
        .toList();
  }

  private static void welcome(String address, StoreClient smtp) {
    var date = DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC));
    var id = deliveryId("welcome " + address);
    var message =
        """
        Date: %s
        From: Mailwing <postmaster@example.test>
        To: %s
        Subject: Welcome to Mailwing
        Message-ID: <welcome.%s>
        MIME-Version: 1.0
        Content-Type: text/plain; charset=utf-8

        Welcome.

        This mailbox is a row in PostgreSQL behind a typed gRPC contract, and this message came to
        you through it. Send one yourself: SMTP listens on port 2525, submission on 2587.

        alice@example.test and bob@example.test have the password "wing". Change it, or remove
        them, before anyone else can reach this machine.
        """
            .formatted(date, address, address)
            .replace("\n", "\r\n")
            .getBytes(StandardCharsets.UTF_8);
    var envelope =
        DeliveryEnvelope.newBuilder()
            .setDeliveryId(id)
            .addRecipients(
                DeliveryRecipient.newBuilder()
                    .setAddress(address)
                    .setHeaderPrefix(ByteString.copyFromUtf8("Return-Path: <>\r\n")))
            .setTrace(
                ClientInfoForTrace.newBuilder()
                    .setProtocol(Protocol.LMTP)
                    .setAddress("127.0.0.1")
                    .setHelo("localhost"))
            .setSize(message.length);
    try (var call = smtp.deliver()) {
      call.send(
          DeliverRequest.newBuilder()
              .setEnvelope(envelope)
              .setData(ByteString.copyFrom(message))
              .build());
      var response = call.finish();
      if (response.getResults(0).getStatus() == RecipientResult.Status.FAILED) {
        throw new StartException(
            "the welcome message for "
                + address
                + " was refused: "
                + response.getResults(0).getError());
      }
    }
  }

  private static void ignoreExisting(Runnable call) {
    try {
      call.run();
    } catch (StoreRefusal e) {
      if (e.code() != ErrorCode.ALREADY_EXISTS) {
        throw e;
      }
    }
  }

  /// The same each time, so that a repeat stores nothing twice.
  private static ByteString deliveryId(String text) {
    try {
      var digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return ByteString.copyFrom(Arrays.copyOf(digest, DELIVERY_ID_OCTETS));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
