//! Trees of any depth: what a derive would do by recursion, done without, so that no tree is too deep for the stack.

use std::fmt;

use super::Where;

impl Where {
    /// The trees inside this one.
    fn inner(&self) -> &[Self] {
        match self {
            Self::And(parts) | Self::Or(parts) => parts,
            Self::Not(inner) | Self::Any(_, inner) => std::slice::from_ref(inner),
            Self::All | Self::Nothing | Self::Test(..) | Self::In(..) | Self::NotIn(..) => &[],
        }
    }

    fn inner_mut(&mut self) -> &mut [Self] {
        match self {
            Self::And(parts) | Self::Or(parts) => parts,
            Self::Not(inner) | Self::Any(_, inner) => std::slice::from_mut(inner),
            Self::All | Self::Nothing | Self::Test(..) | Self::In(..) | Self::NotIn(..) => &mut [],
        }
    }

    /// Makes something of each tree out of what was made of the trees inside it.
    pub(in crate::criteria) fn fold<T>(&self, make: impl FnMut(&Self, Vec<T>) -> T) -> T {
        self.fold_by(Self::inner, make)
    }

    /// As [`fold`](Self::fold), but not into conditions on associated records.
    pub(in crate::criteria) fn fold_here<T>(&self, make: impl FnMut(&Self, Vec<T>) -> T) -> T {
        self.fold_by(|tree| if matches!(tree, Self::Any(..)) { &[] } else { tree.inner() }, make)
    }

    fn fold_by<'t, T>(
        &'t self,
        inner: fn(&'t Self) -> &'t [Self],
        mut make: impl FnMut(&Self, Vec<T>) -> T,
    ) -> T {
        let mut todo = vec![(self, false)];
        let mut made: Vec<T> = vec![];
        while let Some((tree, is_ready)) = todo.pop() {
            let inner = inner(tree);
            if is_ready || inner.is_empty() {
                let parts = made.split_off(made.len() - inner.len());
                made.push(make(tree, parts));
            } else {
                todo.push((tree, true));
                todo.extend(inner.iter().rev().map(|part| (part, false)));
            }
        }
        made.pop().unwrap_or_else(|| make(self, vec![]))
    }

    /// The same with these trees inside.
    fn with(&self, mut inner: Vec<Self>) -> Self {
        match self {
            Self::All => Self::All,
            Self::Nothing => Self::Nothing,
            Self::And(_) => Self::And(inner),
            Self::Or(_) => Self::Or(inner),
            Self::Test(attr, op, value) => Self::Test(attr.clone(), *op, value.clone()),
            Self::In(attr, values) => Self::In(attr.clone(), values.clone()),
            Self::NotIn(attr, values) => Self::NotIn(attr.clone(), values.clone()),
            Self::Not(_) => Self::Not(Box::new(inner.pop().unwrap_or_default())),
            Self::Any(attr, _) => Self::Any(attr.clone(), Box::new(inner.pop().unwrap_or_default())),
        }
    }

    /// The opposite; see [`Where::not`].
    pub(super) fn opposite(self) -> Self {
        enum Step {
            Turn(Where),
            /// Joins so many by `and`, else by `or`.
            Join(bool, usize),
        }
        let mut todo = vec![Step::Turn(self)];
        let mut made: Vec<Self> = vec![];
        while let Some(step) = todo.pop() {
            match step {
                Step::Join(by_and, parts) => {
                    let parts = made.drain(made.len() - parts..);
                    let joined = if by_and { Self::all_of(parts) } else { Self::any_of(parts) };
                    made.push(joined);
                }
                Step::Turn(mut tree) => {
                    let by_and = matches!(tree, Self::Or(_));
                    let (Self::And(parts) | Self::Or(parts)) = &mut tree else {
                        made.push(tree.single_opposite());
                        continue;
                    };
                    todo.push(Step::Join(by_and, parts.len()));
                    todo.extend(std::mem::take(parts).into_iter().rev().map(Step::Turn));
                }
            }
        }
        made.pop().unwrap_or_default()
    }

    /// The opposite of what is no `and` and no `or`.
    fn single_opposite(mut self) -> Self {
        match &mut self {
            Self::All => return Self::Nothing,
            Self::Nothing => return Self::All,
            Self::In(attr, values) => return Self::NotIn(std::mem::take(attr), std::mem::take(values)),
            Self::NotIn(attr, values) => return Self::In(std::mem::take(attr), std::mem::take(values)),
            Self::Not(inner) => return std::mem::take(inner),
            Self::Test(attr, op, value) => {
                if let Some(opposite) = op.opposite() {
                    return Self::Test(std::mem::take(attr), opposite, value.take());
                }
            }
            Self::And(_) | Self::Or(_) | Self::Any(..) => {}
        }
        Self::Not(Box::new(self))
    }
}

impl Clone for Where {
    fn clone(&self) -> Self {
        match self.inner() {
            [] => self.with(vec![]),
            _ => self.fold(Self::with),
        }
    }
}

impl Drop for Where {
    fn drop(&mut self) {
        let mut rest = vec![];
        take_groups(self, &mut rest);
        while let Some(mut tree) = rest.pop() {
            take_groups(&mut tree, &mut rest);
        }
    }
}

/// Takes the groups out of a tree, after which it is no deeper than one level.
fn take_groups(tree: &mut Where, groups: &mut Vec<Where>) {
    let inner = tree.inner_mut().iter_mut();
    groups.extend(inner.filter(|part| !part.inner().is_empty()).map(std::mem::take));
}

impl PartialEq for Where {
    fn eq(&self, other: &Self) -> bool {
        let mut pairs = vec![];
        let mut next = Some((self, other));
        while let Some((one, other)) = next {
            let (inner, others) = (one.inner(), other.inner());
            if !is_alike(one, other) || inner.len() != others.len() {
                return false;
            }
            pairs.extend(inner.iter().zip(others));
            next = pairs.pop();
        }
        true
    }
}

impl Eq for Where {}

/// Equal but for the trees inside.
fn is_alike(one: &Where, other: &Where) -> bool {
    match (one, other) {
        (Where::All, Where::All)
        | (Where::Nothing, Where::Nothing)
        | (Where::And(_), Where::And(_))
        | (Where::Or(_), Where::Or(_))
        | (Where::Not(_), Where::Not(_)) => true,
        (Where::Any(a, _), Where::Any(b, _)) => a == b,
        (Where::Test(a, op, value), Where::Test(b, other, sought)) => {
            a == b && op == other && value == sought
        }
        (Where::In(a, values), Where::In(b, others)) | (Where::NotIn(a, values), Where::NotIn(b, others)) => {
            a == b && values == others
        }
        _ => false,
    }
}

impl fmt::Debug for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        enum Part<'t> {
            Tree(&'t Where),
            Text(&'static str),
        }
        let mut todo = vec![Part::Tree(self)];
        while let Some(part) = todo.pop() {
            let tree = match part {
                Part::Text(text) => {
                    f.write_str(text)?;
                    continue;
                }
                Part::Tree(tree) => tree,
            };
            match tree {
                Self::All => f.write_str("All")?,
                Self::Nothing => f.write_str("Nothing")?,
                Self::Test(attr, op, value) => write!(f, "Test({attr:?}, {op:?}, {value:?})")?,
                Self::In(attr, values) => write!(f, "In({attr:?}, {values:?})")?,
                Self::NotIn(attr, values) => write!(f, "NotIn({attr:?}, {values:?})")?,
                Self::And(_) => f.write_str("And(")?,
                Self::Or(_) => f.write_str("Or(")?,
                Self::Not(_) => f.write_str("Not(")?,
                Self::Any(attr, _) => write!(f, "Any({attr:?}, ")?,
            }
            if matches!(tree, Self::And(_) | Self::Or(_) | Self::Not(_) | Self::Any(..)) {
                todo.push(Part::Text(")"));
                for (i, part) in tree.inner().iter().enumerate().rev() {
                    todo.push(Part::Tree(part));
                    if i > 0 {
                        todo.push(Part::Text(", "));
                    }
                }
            }
        }
        Ok(())
    }
}
