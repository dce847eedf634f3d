package mailwing.cli;

import mailwing.store.v1.ListSharesRequest;
import mailwing.store.v1.SetAclRequest.Change;
import mailwing.store.v1.SetShareRequest;
import mailwing.store.v1.Share;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Who may do what with whose mailboxes (RFC 4314).
@Command(
    name = "share",
    description = "Who may do what with whose mailboxes.",
    mixinStandardHelpOptions = true)
public final class ShareCommand implements Runnable {
  /// In the order of the contract's bits.
  private static final String LETTERS = "lrswipkxtea";

  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say grant, revoke or list");
  }

  /// Whose mailbox, and who.
  static final class Which {
    @Parameters(
        index = "0",
        paramLabel = "OWNER",
        description = "The address of the account that has the mailbox.")
    String owner = "";

    @Parameters(index = "1", paramLabel = "MAILBOX", description = "Such as INBOX.")
    String mailbox = "";

    @Parameters(
        index = "2",
        paramLabel = "IDENTIFIER",
        description =
            "A user's address, or `anyone`: all of the owner's domain. With - before it: rights"
                + " that these do not have whatever else grants them.")
    String identifier = "";

    SetShareRequest.Builder request() {
      return SetShareRequest.newBuilder()
          .setAddress(owner)
          .setMailbox(mailbox)
          .setIdentifier(identifier);
    }
  }

  @Command(
      name = "grant",
      description = "Gives rights in addition to those that are there.",
      mixinStandardHelpOptions = true)
  void grant(
      @Mixin StoreOptions store,
      @Option(names = "--create", description = "Make the mailbox if it is not there.")
          boolean create,
      @Mixin Which which,
      @Parameters(
              index = "3",
              paramLabel = "RIGHTS",
              description =
                  "Letters of RFC 4314: l is listed, r read, s keep \\Seen, w change flags, i insert,"
                      + " p post, k create below, x delete and rename, t mark deleted, e expunge,"
                      + " a administer; such as lrswite.")
          String rights) {
    set(
        store,
        which.request().setChange(Change.ADD).setRights(bits(rights)).setCreate(create).build());
  }

  @Command(name = "revoke", description = "Takes rights away.", mixinStandardHelpOptions = true)
  void revoke(
      @Mixin StoreOptions store,
      @Mixin Which which,
      @Parameters(
              index = "3",
              arity = "0..1",
              defaultValue = LETTERS,
              paramLabel = "RIGHTS",
              description = "As for grant (default: all).")
          String rights) {
    set(store, which.request().setChange(Change.REMOVE).setRights(bits(rights)).build());
  }

  private static void set(StoreOptions store, SetShareRequest request) {
    String what =
        String.join(" ", request.getAddress(), request.getMailbox(), request.getIdentifier());
    Admin.with(store, client -> client.callSharing(what, s -> s.setShare(request)));
  }

  @Command(
      name = "list",
      description = "Lists rights, one a line: mailbox, a tab, identifier, a tab, rights.",
      mixinStandardHelpOptions = true)
  void list(
      @Mixin StoreOptions store,
      @Parameters(
              index = "0",
              paramLabel = "OWNER",
              description = "The address of the account that has the mailboxes.")
          String owner,
      @Parameters(
              index = "1",
              arity = "0..1",
              defaultValue = "",
              paramLabel = "MAILBOX",
              description = "Only of this mailbox.")
          String mailbox) {
    ListSharesRequest request =
        ListSharesRequest.newBuilder().setAddress(owner).setMailbox(mailbox).build();
    Admin.with(
        store,
        client ->
            client.callSharing(
                mailbox.isEmpty() ? owner : mailbox,
                s -> {
                  s.listShares(request)
                      .forEachRemaining(share -> Admin.out(spec).println(line(share)));
                  return true;
                }));
  }

  private static String line(Share share) {
    return String.join(
        "\t",
        share.getMailbox(),
        share.getEntry().getIdentifier(),
        letters(share.getEntry().getRights()));
  }

  private int bits(String rights) {
    int bits = 0;
    for (int i = 0; i < rights.length(); i++) {
      int bit = LETTERS.indexOf(rights.charAt(i));
      if (bit < 0) {
        throw new ParameterException(
            spec.commandLine(), "the rights are among " + LETTERS + ", not " + rights);
      }
      bits |= 1 << bit;
    }
    return bits;
  }

  private static String letters(int rights) {
    StringBuilder letters = new StringBuilder();
    for (int bit = 0; bit < LETTERS.length(); bit++) {
      if ((rights & 1 << bit) != 0) {
        letters.append(LETTERS.charAt(bit));
      }
    }
    return letters.toString();
  }
}
