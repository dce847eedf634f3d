package mailwing.cli;

import java.util.List;
import mailwing.store.v1.AddApiKeyRequest;
import mailwing.store.v1.ListApiKeysRequest;
import mailwing.store.v1.RemoveApiKeyRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Keys by which other programs call the store.
@Command(
    name = "key",
    description = "Keys by which other programs call the store.",
    mixinStandardHelpOptions = true)
public final class KeyCommand implements Runnable {
  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say add, list or remove");
  }

  @Command(
      name = "add",
      description = "Makes a key and prints it, this once.",
      mixinStandardHelpOptions = true)
  void add(
      @Mixin StoreOptions store,
      @Option(
              names = "--scope",
              required = true,
              paramLabel = "SCOPE",
              split = ",",
              description = "directory, deliver, mail:read, mail:write; several with commas.")
          List<String> scopes,
      @Option(
              names = "--user",
              paramLabel = "ADDRESS",
              defaultValue = "",
              description = "The user whose mail it acts on.")
          String address,
      @Parameters(paramLabel = "NAME") String name) {
    Admin.with(
        store,
        client -> {
          var made =
              client.call(
                  name,
                  s ->
                      s.addApiKey(
                          AddApiKeyRequest.newBuilder()
                              .setName(name)
                              .addAllScopes(scopes)
                              .setAddress(address)
                              .build()));
          Admin.out(spec).println(made.getSecret());
        });
  }

  @Command(
      name = "list",
      description = "Lists the keys, one a line: name, scopes, user, tab-separated.",
      mixinStandardHelpOptions = true)
  void list(@Mixin StoreOptions store) {
    Admin.list(
        store,
        spec,
        "keys",
        s -> s.listApiKeys(ListApiKeysRequest.getDefaultInstance()),
        key ->
            key.getName() + "\t" + String.join(",", key.getScopesList()) + "\t" + key.getAddress());
  }

  @Command(name = "remove", description = "Removes a key.", mixinStandardHelpOptions = true)
  void remove(@Mixin StoreOptions store, @Parameters(paramLabel = "NAME") String name) {
    Admin.with(
        store,
        client ->
            client.call(
                name, s -> s.removeApiKey(RemoveApiKeyRequest.newBuilder().setName(name).build())));
  }
}
