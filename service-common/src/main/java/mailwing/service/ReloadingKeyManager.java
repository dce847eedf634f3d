package mailwing.service;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/// Hands out the identity of a {@link TlsMaterial}. The alias carries the generation, so that the
/// chain and the key of one handshake belong together even if the files change in its midst.
final class ReloadingKeyManager extends X509ExtendedKeyManager {
  private final TlsMaterial material;

  ReloadingKeyManager(TlsMaterial material) {
    this.material = material;
  }

  private @Nullable String alias(String... keyTypes) {
    TlsMaterial.Identity identity = material.current();
    for (String keyType : keyTypes) {
      if (keyType.equals(identity.key().getAlgorithm())) {
        return "g" + identity.generation();
      }
    }
    return null;
  }

  private TlsMaterial.@Nullable Identity identity(@Nullable String alias) {
    return alias == null || !alias.matches("g\\d+")
        ? null
        : material.generation(Long.parseLong(alias.substring(1)));
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return alias(keyType);
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return alias(keyType);
  }

  @Override
  public @Nullable String chooseEngineClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return alias(keyTypes);
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return alias(keyTypes);
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    String alias = alias(keyType);
    return alias == null ? null : new String[] {alias};
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return getServerAliases(keyType, issuers);
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    TlsMaterial.Identity identity = identity(alias);
    return identity == null ? null : identity.chain().toArray(new X509Certificate[0]);
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    TlsMaterial.Identity identity = identity(alias);
    return identity == null ? null : identity.key();
  }
}
