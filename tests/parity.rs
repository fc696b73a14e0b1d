//! The same pipeline by `flowc run` and as an emitted workflow: the same values, files and outcomes.

#![cfg(target_os = "linux")]

use flow_tests::github::{self, Event, Options, Order, Outcome};
use flow_tests::world::World;

#[test]
fn the_quickstart_as_a_workflow() {
    let world = World::of_example("quickstart");
    let file = world.project().join(".github/workflows/ci.yml");
    for (event, order) in
        [(Event::push("main"), Order::First), (Event::pull_request(3, "more", "main", "{}"), Order::Last)]
    {
        let run = github::run(&file, &Options { event, order, ..Options::default() });
        assert_eq!(run.outcome, Outcome::Success, "{}", run.log);
        assert!(run.artifacts.contains_key("test summary"));
    }
}
