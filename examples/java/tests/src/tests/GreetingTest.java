package tests;

import greet.Greeting;

/** Needs no framework: it fails by an exception. */
public final class GreetingTest {
    private GreetingTest() {}

    public static void main(String[] arguments) throws Exception {
        check("Hello, Ada!", new Greeting("en").of("Ada"));
        check("Bonjour, Ada!", new Greeting("fr").of("Ada"));
        try {
            new Greeting("xx");
            throw new AssertionError("a language without texts is refused");
        } catch (IllegalArgumentException expected) {
            System.out.println("3 checks passed");
        }
    }

    private static void check(String wanted, String found) {
        if (!wanted.equals(found)) {
            throw new AssertionError("wanted " + wanted + ", found " + found);
        }
    }
}
