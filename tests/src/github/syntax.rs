//! The grammar of GitHub's expressions.

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Name(String),
    Call(String, Vec<Self>),
    Index(Box<Self>, Box<Self>),
    /// `.*`
    All(Box<Self>),
    Not(Box<Self>),
    Binary(Operator, Box<Self>, Box<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Expression {
    /// Whether it calls one of these functions anywhere.
    pub(super) fn calls(&self, names: &[&str]) -> bool {
        match self {
            Self::Call(name, arguments) => {
                names.iter().any(|it| it.eq_ignore_ascii_case(name)) || arguments.iter().any(|it| it.calls(names))
            }
            Self::Index(a, b) | Self::Binary(_, a, b) => a.calls(names) || b.calls(names),
            Self::All(it) | Self::Not(it) => it.calls(names),
            _ => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64),
    Text(String),
    Word(String),
    Sign(&'static str),
}

const SIGNS: [&str; 16] = ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", ".", ",", "*"];

fn tokens(source: &str) -> Result<Vec<Token>, String> {
    let mut all = Vec::new();
    let mut rest = source.trim_start();
    while let Some(first) = rest.chars().next() {
        let previous_is_value = matches!(all.last(), Some(Token::Word(_) | Token::Sign(")" | "]" | "*")));
        let length;
        if first == '\'' {
            let mut text = String::new();
            let mut chars = rest.char_indices().skip(1).peekable();
            loop {
                match chars.next() {
                    Some((at, '\'')) => {
                        if chars.next_if(|(_, c)| *c == '\'').is_some() {
                            text.push('\'');
                        } else {
                            length = at + 1;
                            break;
                        }
                    }
                    Some((_, c)) => text.push(c),
                    None => return Err(format!("a text is not closed: {rest}")),
                }
            }
            all.push(Token::Text(text));
        } else if first.is_ascii_digit()
            || (matches!(first, '-' | '+') || first == '.' && !previous_is_value)
                && rest[1..].starts_with(|c: char| c.is_ascii_digit() || c == '.')
        {
            length = rest[1..]
                .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+')))
                .map_or(rest.len(), |it| it + 1);
            let number = super::value::parse_number(&rest[..length]);
            if number.is_nan() {
                return Err(format!("not a number: {}", &rest[..length]));
            }
            all.push(Token::Number(number));
        } else if first.is_ascii_alphabetic() || first == '_' {
            length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(rest.len());
            all.push(Token::Word(rest[..length].to_owned()));
        } else {
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
            let sign = sign.ok_or_else(|| format!("not expected: {rest}"))?;
            length = sign.len();
            all.push(Token::Sign(sign));
        }
        rest = rest[length..].trim_start();
    }
    Ok(all)
}

/// Reads one.
pub(super) fn parse(source: &str) -> Result<Expression, String> {
    // Longer ones make GitHub refuse the file.
    if source.len() > 21_000 {
        return Err(format!("an expression of {} characters", source.len()));
    }
    let mut parser = Parser { tokens: tokens(source)?, at: 0 };
    let whole = parser.binary(0)?;
    match parser.tokens.get(parser.at) {
        None => Ok(whole),
        Some(token) => Err(format!("{token:?} is not expected in: {source}")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

const LEVELS: [&[(&str, Operator)]; 4] = [
    &[("||", Operator::Or)],
    &[("&&", Operator::And)],
    &[("==", Operator::Equal), ("!=", Operator::Unequal)],
    &[("<", Operator::Less), ("<=", Operator::LessOrEqual), (">", Operator::Greater), (">=", Operator::GreaterOrEqual)],
];

impl Parser {
    fn eat(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Sign(it)) if *it == sign);
        self.at += usize::from(found);
        found
    }

    fn need(&mut self, sign: &str) -> Result<(), String> {
        if self.eat(sign) { Ok(()) } else { Err(format!("a {sign} is missing")) }
    }

    fn binary(&mut self, level: usize) -> Result<Expression, String> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        while let Some((_, operator)) = operators.iter().find(|(sign, _)| self.eat(sign)) {
            let right = self.binary(level + 1)?;
            left = Expression::Binary(*operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, String> {
        if self.eat("!") { Ok(Expression::Not(Box::new(self.unary()?))) } else { self.postfix() }
    }

    fn postfix(&mut self) -> Result<Expression, String> {
        let mut it = self.primary()?;
        loop {
            if self.eat(".") {
                if self.eat("*") {
                    it = Expression::All(Box::new(it));
                } else if let Some(Token::Word(name)) = self.tokens.get(self.at).cloned() {
                    self.at += 1;
                    it = Expression::Index(Box::new(it), Box::new(Expression::Text(name)));
                } else {
                    return Err("a name is missing after a dot".to_owned());
                }
            } else if self.eat("[") {
                if self.eat("*") {
                    it = Expression::All(Box::new(it));
                } else {
                    it = Expression::Index(Box::new(it), Box::new(self.binary(0)?));
                }
                self.need("]")?;
            } else {
                return Ok(it);
            }
        }
    }

    fn primary(&mut self) -> Result<Expression, String> {
        let token = self.tokens.get(self.at).cloned().ok_or("an expression ends too early")?;
        self.at += 1;
        match token {
            Token::Number(it) => Ok(Expression::Number(it)),
            Token::Text(it) => Ok(Expression::Text(it)),
            Token::Sign("(") => {
                let inner = self.binary(0)?;
                self.need(")")?;
                Ok(inner)
            }
            Token::Sign(sign) => Err(format!("{sign} is not expected")),
            Token::Word(name) if self.eat("(") => {
                let mut arguments = Vec::new();
                if !self.eat(")") {
                    loop {
                        arguments.push(self.binary(0)?);
                        if self.eat(")") {
                            break;
                        }
                        self.need(",")?;
                    }
                }
                Ok(Expression::Call(name, arguments))
            }
            Token::Word(name) => Ok(match name.as_str() {
                "null" => Expression::Null,
                "true" => Expression::Bool(true),
                "false" => Expression::Bool(false),
                "NaN" => Expression::Number(f64::NAN),
                "Infinity" => Expression::Number(f64::INFINITY),
                _ => Expression::Name(name),
            }),
        }
    }
}
