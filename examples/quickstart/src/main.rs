//! Counts the lines, words and characters of the files it is given, or of its standard input.

mod count;

use std::io::Read;

fn main() -> std::io::Result<()> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    if files.first().is_some_and(|first| first == "--version") {
        println!("wordcount {}", option_env!("WORDCOUNT_VERSION").unwrap_or("unknown"));
        return Ok(());
    }
    if files.is_empty() {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        println!("{}", count::of(&text));
    }
    for file in &files {
        println!("{} {file}", count::of(&std::fs::read_to_string(file)?));
    }
    Ok(())
}
