/// What the three gateways share: listener, TLS, octet streams, SASL, limits, the store client.
@NullMarked
package mailwing.gateway;

import org.jspecify.annotations.NullMarked;
