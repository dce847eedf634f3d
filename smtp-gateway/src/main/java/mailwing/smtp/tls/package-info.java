/// How the certificate of a next host is judged: DANE, PKIX and their names.
@NullMarked
package mailwing.smtp.tls;

import org.jspecify.annotations.NullMarked;
