package app;

import greet.Greeting;
import java.io.IOException;

/** {@code greet LANGUAGE NAME}. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws IOException {
        System.out.println(new Greeting(arguments[0]).of(arguments[1]));
    }
}
