/// The certificate authority that the quickstart and the compose file make for themselves.
@NullMarked
package mailwing.cli.pki;

import org.jspecify.annotations.NullMarked;
