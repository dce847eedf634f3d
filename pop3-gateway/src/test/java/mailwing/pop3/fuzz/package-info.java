/// Clients that mean harm, or only do what the formal syntax allows.
@NullMarked
package mailwing.pop3.fuzz;

import org.jspecify.annotations.NullMarked;
