package mailwing.cli;

import java.util.List;
import java.util.Locale;
import mailwing.store.v1.AddGroupRequest;
import mailwing.store.v1.ChangeGroupMembersRequest;
import mailwing.store.v1.Group;
import mailwing.store.v1.ListGroupMembersRequest;
import mailwing.store.v1.ListGroupsRequest;
import mailwing.store.v1.RemoveGroupRequest;
import mailwing.store.v1.UpdateGroupRequest;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Addresses whose mail goes to members.
@Command(
    name = "group",
    description = "Addresses whose mail goes to their members.",
    subcommands = GroupCommand.MemberCommand.class,
    mixinStandardHelpOptions = true)
public final class GroupCommand implements Runnable {
  /// Who may post.
  enum Posters {
    anyone(Group.Posters.ANYONE),
    members(Group.Posters.MEMBERS),
    domain(Group.Posters.DOMAIN),
    named(Group.Posters.NAMED);

    private final Group.Posters value;

    Posters(Group.Posters value) {
      this.value = value;
    }
  }

  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say add, list, set, remove or member");
  }

  @Command(
      name = "add",
      description = "Adds a group without members.",
      mixinStandardHelpOptions = true)
  void add(
      @Mixin StoreOptions store,
      @Parameters(paramLabel = "ADDRESS", description = "Such as team@example.org.") String address,
      @Option(
              names = "--title",
              paramLabel = "TEXT",
              defaultValue = "",
              description = "What people call it, for List-Id.")
          String title,
      @Option(
              names = "--posters",
              paramLabel = "WHO",
              defaultValue = "members",
              description =
                  "Who may post: ${COMPLETION-CANDIDATES}; domain: users of its domain; named: those"
                      + " of --poster (default: members).")
          Posters posters,
      @Option(names = "--poster", paramLabel = "ADDRESS", description = "One who may post.")
          @Nullable List<String> named,
      @Option(
              names = "--owner",
              paramLabel = "ADDRESS",
              defaultValue = "",
              description =
                  "Gets its bounces and what is sent to NAME-owner@ and NAME-request@ (default:"
                      + " postmaster).")
          String owner) {
    AddGroupRequest request =
        AddGroupRequest.newBuilder()
            .setAddress(address)
            .setTitle(title)
            .setPosters(posters.value)
            .addAllNamed(named == null ? List.of() : named)
            .setOwner(owner)
            .build();
    Admin.with(store, client -> client.call(address, s -> s.addGroup(request)));
  }

  @Command(
      name = "list",
      description =
          "Lists the groups, one a line: address, who may post, how many members, and after tabs the"
              + " owner, the title and who is named.",
      mixinStandardHelpOptions = true)
  void list(
      @Mixin StoreOptions store,
      @Parameters(
              paramLabel = "DOMAIN",
              arity = "0..1",
              defaultValue = "",
              description = "Only of this domain.")
          String domain) {
    Admin.list(
        store,
        spec,
        domain.isEmpty() ? "groups" : domain,
        s -> s.listGroups(ListGroupsRequest.newBuilder().setDomain(domain).build()),
        GroupCommand::line);
  }

  private static String line(Group group) {
    StringBuilder line =
        new StringBuilder(group.getAddress())
            .append('\t')
            .append(group.getPosters().name().toLowerCase(Locale.ROOT))
            .append('\t')
            .append(group.getMembers());
    if (!group.getOwner().isEmpty()) {
      line.append("\towner=").append(group.getOwner());
    }
    if (!group.getTitle().isEmpty()) {
      line.append("\ttitle=").append(group.getTitle());
    }
    if (group.getNamedCount() > 0) {
      line.append("\tnamed=").append(String.join(",", group.getNamedList()));
    }
    return line.toString();
  }

  @Command(
      name = "set",
      description = "Changes a group; what is not named stays.",
      mixinStandardHelpOptions = true)
  void set(
      @Mixin StoreOptions store,
      @Parameters(paramLabel = "ADDRESS") String address,
      @Option(names = "--title", paramLabel = "TEXT", description = "What people call it.")
          @Nullable String title,
      @Option(
              names = "--posters",
              paramLabel = "WHO",
              description = "Who may post: ${COMPLETION-CANDIDATES}.")
          @Nullable Posters posters,
      @Option(names = "--add-poster", paramLabel = "ADDRESS", description = "One who may post.")
          @Nullable List<String> more,
      @Option(
              names = "--remove-poster",
              paramLabel = "ADDRESS",
              description = "One who may not any more.")
          @Nullable List<String> less,
      @Option(
              names = "--owner",
              paramLabel = "ADDRESS",
              description = "Gets its bounces; empty: postmaster does.")
          @Nullable String owner) {
    UpdateGroupRequest.Builder request =
        UpdateGroupRequest.newBuilder()
            .setAddress(address)
            .addAllAddNamed(more == null ? List.of() : more)
            .addAllRemoveNamed(less == null ? List.of() : less);
    if (title != null) {
      request.setTitle(title);
    }
    if (posters != null) {
      request.setPosters(posters.value);
    }
    if (owner != null) {
      request.setOwner(owner);
    }
    Admin.with(store, client -> client.call(address, s -> s.updateGroup(request.build())));
  }

  @Command(name = "remove", description = "Removes a group.", mixinStandardHelpOptions = true)
  void remove(@Mixin StoreOptions store, @Parameters(paramLabel = "ADDRESS") String address) {
    Admin.with(
        store,
        client ->
            client.call(
                address,
                s -> s.removeGroup(RemoveGroupRequest.newBuilder().setAddress(address).build())));
  }

  /// Who is in a group.
  @Command(name = "member", description = "Who is in a group.", mixinStandardHelpOptions = true)
  static final class MemberCommand implements Runnable {
    @Spec CommandSpec spec;

    @Override
    public void run() {
      throw new ParameterException(spec.commandLine(), "say add, list or remove");
    }

    @Command(
        name = "add",
        description = "Adds members, all or none.",
        mixinStandardHelpOptions = true)
    void add(
        @Mixin StoreOptions store,
        @Parameters(index = "0", paramLabel = "GROUP") String group,
        @Parameters(
                index = "1..*",
                arity = "1..*",
                paramLabel = "MEMBER",
                description = "Users, aliases, groups, or addresses elsewhere.")
            List<String> members) {
      change(
          store,
          ChangeGroupMembersRequest.newBuilder().setAddress(group).addAllAdd(members).build());
    }

    @Command(
        name = "list",
        description = "Lists them, one a line.",
        mixinStandardHelpOptions = true)
    void list(@Mixin StoreOptions store, @Parameters(paramLabel = "GROUP") String group) {
      Admin.list(
          store,
          spec,
          group,
          s -> s.listGroupMembers(ListGroupMembersRequest.newBuilder().setAddress(group).build()),
          member -> member.getAddress());
    }

    @Command(name = "remove", description = "Removes members.", mixinStandardHelpOptions = true)
    void remove(
        @Mixin StoreOptions store,
        @Parameters(index = "0", paramLabel = "GROUP") String group,
        @Parameters(index = "1..*", arity = "1..*", paramLabel = "MEMBER") List<String> members) {
      change(
          store,
          ChangeGroupMembersRequest.newBuilder().setAddress(group).addAllRemove(members).build());
    }

    private void change(StoreOptions store, ChangeGroupMembersRequest request) {
      Admin.with(
          store,
          client ->
              Admin.out(spec)
                  .println(
                      client
                              .call(request.getAddress(), s -> s.changeGroupMembers(request))
                              .getChanged()
                          + " changed"));
    }
  }
}
