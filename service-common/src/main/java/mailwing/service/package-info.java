/// What all four services share: configuration, HTTP health and metrics, TLS material.
@NullMarked
package mailwing.service;

import org.jspecify.annotations.NullMarked;
