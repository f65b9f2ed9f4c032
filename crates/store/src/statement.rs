//! Statements: SQL with a name and what is expected of it.

/// One statement.
#[derive(Debug)]
pub(crate) struct Statement {
    /// Where it stands in the catalogue.
    pub(crate) name: &'static str,
    /// Its text, with `$1`, `$2`, … for its values.
    pub(crate) sql: &'static str,
    /// What it must do for its batch to go on.
    pub(crate) expect: Expect,
    /// Where its values stand in it.
    pub(crate) order: Order,
}

/// The numbers of a statement's values in the order in which each first stands in its text, which
/// is how SQLite counts them. Found when this is compiled, since a statement runs more often
/// than it is written.
#[derive(Debug)]
pub(crate) struct Order {
    numbers: [usize; Self::MOST],
    count: usize,
}

impl Order {
    /// Values of one statement at most.
    const MOST: usize = 32;

    pub(crate) const fn of(sql: &str) -> Self {
        let text = sql.as_bytes();
        let mut order = Self {
            numbers: [0; Self::MOST],
            count: 0,
        };
        let mut at = 0;
        while at < text.len() {
            at += 1;
            if text[at - 1] == b'$' {
                let mut number = 0;
                while at < text.len() && text[at].is_ascii_digit() {
                    number = number * 10 + (text[at] - b'0') as usize;
                    at += 1;
                }
                if !order.has(number) {
                    order.numbers[order.count] = number;
                    order.count += 1;
                }
            }
        }
        order
    }

    const fn has(&self, number: usize) -> bool {
        let mut index = 0;
        while index < self.count {
            if self.numbers[index] == number {
                return true;
            }
            index += 1;
        }
        false
    }

    pub(crate) fn numbers(&self) -> &[usize] {
        &self.numbers[..self.count]
    }
}

/// What a statement must do for its batch to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Expect {
    /// Change (or return) exactly one row.
    One,
    /// Whatever it finds.
    Any,
}

/// Declares statements, and the list of them all for the test that prepares each. Each is a
/// static, since an outcome's rows are found by their statement's address, of which a plain
/// constant may have several.
macro_rules! statements {
    ($($name:ident expects $expect:ident: $sql:literal;)*) => {
        $(
            const $name: &$crate::statement::Statement = {
                static STATEMENT: $crate::statement::Statement = $crate::statement::Statement {
                    name: concat!(module_path!(), "::", stringify!($name)),
                    sql: $sql,
                    expect: $crate::statement::Expect::$expect,
                    order: $crate::statement::Order::of($sql),
                };
                &STATEMENT
            };
        )*

        #[cfg(test)]
        pub(crate) const ALL: &[&$crate::statement::Statement] = &[$($name),*];
    };
}

pub(crate) use statements;
