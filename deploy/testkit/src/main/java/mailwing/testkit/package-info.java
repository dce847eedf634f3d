/// What the gateways' tests share: a real store, TLS material, transcripts of protocol sessions.
@NullMarked
package mailwing.testkit;

import org.jspecify.annotations.NullMarked;
