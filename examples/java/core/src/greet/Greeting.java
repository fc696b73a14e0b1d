package greet;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** Greets in the language that is asked for. */
public final class Greeting {
    private final Properties texts = new Properties();

    public Greeting(String language) throws IOException {
        try (InputStream in = Greeting.class.getResourceAsStream(language + ".properties")) {
            if (in == null) {
                throw new IllegalArgumentException("no texts for " + language);
            }
            texts.load(in);
        }
    }

    public String of(String name) {
        return texts.getProperty("hello") + ", " + name + "!";
    }
}
