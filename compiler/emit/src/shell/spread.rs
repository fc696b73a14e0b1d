//! A list whose length is known later, each element a word of a script; or an optional, one word or none.

use flow_plan::model::{Os, Shell, ValueType};

/// How a script says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spread {
    /// A line that must come first.
    pub(crate) before: Option<String>,
    /// What stands among the words.
    pub(crate) words: String,
}

/// For the value of type `ty` that the environment brings in `variable`; `text` stands before it.
pub(crate) fn spread(shell: Shell, os: Os, variable: &str, ty: &ValueType, text: &str) -> Result<Spread, &'static str> {
    let list = matches!(ty.present(), ValueType::List(_));
    // On Windows jq would end lines with CR LF.
    let jq = if os == Os::Windows { "jq -br" } else { "jq -r" };
    Ok(match shell {
        Shell::Sh | Shell::Bash if !list => Spread { before: None, words: format!("${{{variable}:+\"${variable}\"}}") },
        Shell::Bash => Spread {
            before: Some(format!("eval \"{variable}=($(printf %s \"${variable}\" | {jq} @sh))\"")),
            // To an old bash, an empty one is not set.
            words: format!("${{{variable}[@]+\"${{{variable}[@]}}\"}}"),
        },
        Shell::Sh => Spread {
            before: Some(format!("eval \"set -- $(printf %s \"${variable}\" | {jq} @sh)\"")),
            words: "\"$@\"".to_owned(),
        },
        Shell::Pwsh => {
            let each = if list { "ConvertFrom-Json" } else { "Where-Object { $_ }" };
            let before = text.trim_end();
            let element = before.ends_with(['(', ',']) || before.ends_with(" in");
            let sign = if element { '$' } else { '@' };
            Spread {
                before: Some(format!("$flow_{variable} = @($env:{variable} | {each})")),
                words: format!("{sign}flow_{variable}"),
            }
        }
        Shell::Cmd | Shell::Python => return Err("this shell has no words for a list that is known later"),
    })
}
