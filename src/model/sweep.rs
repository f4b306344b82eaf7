//! Every ordering is necessary: each is weakened in turn, and a model must fail.

use super::explore::Model;
use super::failure::Failure;
use super::site::{Access, Mutation, Site};
use std::collections::HashSet;
use std::fmt;
use std::path::Path;

/// A sweep over the orderings of a source file, or of several.
#[derive(Clone, Debug)]
pub struct Sweep {
    files: Vec<String>,
    models: Vec<Model>,
    arguments: Vec<Argument>,
}

/// Why a weakening may survive: an argument that no model can make.
#[derive(Clone, Debug)]
pub struct Argument {
    site: String,
    into: Access,
    reason: String,
}

/// One weakening and what became of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was weakened.
    pub site: Site,
    /// What it became.
    pub into: Access,
    /// The first failure; `None` if all models hold.
    pub killed: Option<Failure>,
    /// The reason, if the weakening was argued for.
    pub argued: Option<String>,
    /// The models that were given up, so that they say nothing.
    pub undecided: Vec<String>,
}

/// The weakenings of the files of a sweep.
#[derive(Clone, Debug)]
pub struct Table {
    /// How the names of the files end.
    pub files: Vec<String>,
    /// Everything that the models do there, in the order of the source.
    pub accesses: Vec<Site>,
    /// A row for each, in the order of the source.
    pub rows: Vec<Row>,
    /// What failed with all argued weakenings together; `None` if nothing did.
    pub together: Option<Failure>,
    /// Arguments without a reason, or about no weakening that there is.
    pub idle: Vec<Argument>,
}

impl Sweep {
    /// A sweep over the sites whose file ends with `file`, judged by `models`.
    #[must_use]
    pub fn new(file: impl Into<String>, models: impl IntoIterator<Item = Model>) -> Sweep {
        Sweep {
            files: vec![file.into()],
            models: models.into_iter().collect(),
            arguments: Vec::new(),
        }
    }

    /// Also sweeps over the sites whose file ends with `file`, with the same models.
    #[must_use]
    pub fn and(mut self, file: impl Into<String>) -> Sweep {
        self.files.push(file.into());
        self
    }

    /// Argues that weakening to `into` may survive at each site that contains `site`, either in
    /// its description (`src/file.rs:line:column: access`) or in its
    /// [`source`](Site::source), where the name of an edge in a comment is a good handle.
    #[must_use]
    pub fn argue(
        mut self,
        site: impl Into<String>,
        into: Access,
        reason: impl Into<String>,
    ) -> Sweep {
        self.arguments.push(Argument {
            site: site.into(),
            into,
            reason: reason.into(),
        });
        self
    }

    /// The models that judge.
    pub(super) fn models(&self) -> &[Model] {
        &self.models
    }

    /// Explores the models as they are, then with each weakening until one of them fails, and in
    /// the end with all argued survivors weakened together.
    ///
    /// # Errors
    /// A model that fails as it is.
    pub fn run(&self) -> Result<Table, Failure> {
        let mut judges = Vec::new();
        for model in &self.models {
            judges.push(Judge::of(model)?);
        }
        // What a small model shows needs no large one.
        judges.sort_by_key(|judge| judge.executions);
        let sites: HashSet<Site> = judges
            .iter()
            .flat_map(|judge| &judge.sites)
            .copied()
            .collect();
        let ours = |site: &Site| {
            self.files
                .iter()
                .any(|file| Path::new(site.location.file()).ends_with(file))
        };
        let mut sites: Vec<Site> = sites.into_iter().filter(ours).collect();
        sites.sort_by_key(Site::key);
        let mut rows = Vec::new();
        for &site in &sites {
            for into in site.access.weaker() {
                rows.push(self.weaken(&mut judges, Mutation { site, into }));
            }
        }
        let together = together(&mut judges, &rows);
        let idle = self.arguments.iter().filter(|argument| {
            argument.reason.trim().is_empty() || !rows.iter().any(|row| argument.is_about(row))
        });
        Ok(Table {
            idle: idle.cloned().collect(),
            files: self.files.clone(),
            accesses: sites,
            rows,
            together,
        })
    }

    fn weaken(&self, judges: &mut [Judge], mutation: Mutation) -> Row {
        let (killed, undecided) = judge(judges, &[mutation]);
        let Mutation { site, into } = mutation;
        let mut row = Row {
            site,
            into,
            killed,
            argued: None,
            undecided,
        };
        let argument = self
            .arguments
            .iter()
            .find(|argument| argument.is_about(&row));
        row.argued = argument.map(|argument| argument.reason.clone());
        row
    }
}

impl Argument {
    fn is_about(&self, row: &Row) -> bool {
        let Row { site, into, .. } = row;
        self.into == *into && format!("{site} {}", site.source()).contains(&self.site)
    }
}

/// A model that judges weakenings.
struct Judge {
    model: Model,
    executions: usize,
    /// The sites that it comes to. As long as the others are weakened, it is what it was.
    sites: HashSet<Site>,
}

impl Judge {
    /// Explores `model` as it is.
    fn of(model: &Model) -> Result<Judge, Failure> {
        let mut recording = model.clone();
        recording.settings.record_sites = true;
        let run = recording.run();
        run.result?;
        // A weaker program has more executions. One with very many more is given up.
        let most = run.executions * 10 + 10_000;
        Ok(Judge {
            model: model.clone().at_most(most),
            executions: run.executions,
            sites: run.sites,
        })
    }
}

/// The first failure of the models with `mutations`, and those that were given up. Who fails is asked
/// first the next time: neighbours are often needed by the same.
fn judge(judges: &mut [Judge], mutations: &[Mutation]) -> (Option<Failure>, Vec<String>) {
    let mut undecided = Vec::new();
    for index in 0..judges.len() {
        let Judge { model, sites, .. } = &judges[index];
        if !mutations
            .iter()
            .any(|mutation| sites.contains(&mutation.site))
        {
            continue;
        }
        let mut model = model.clone();
        model.settings.mutations = mutations.to_vec();
        match model.run().result {
            Ok(()) => {}
            Err(Failure::TooManyExecutions { model, .. }) => undecided.push(model),
            Err(failure) => {
                judges[..=index].rotate_right(1);
                return (Some(failure), undecided);
            }
        }
    }
    (None, undecided)
}

/// The first failure with all argued survivors weakened.
fn together(judges: &mut [Judge], rows: &[Row]) -> Option<Failure> {
    let argued: Vec<Mutation> = rows
        .iter()
        .filter(|row| row.argued.is_some() && row.killed.is_none())
        .map(|row| Mutation {
            site: row.site,
            into: row.into,
        })
        .collect();
    judge(judges, &argued).0
}

impl Table {
    /// What is wrong with the table: weakenings that survive and are not argued for, that are
    /// argued for and do not survive, that no model decided; argued ones that fail together;
    /// arguments without a reason or about nothing; or that there is nothing in it, or nothing of a
    /// file, as with one whose name is wrong.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let together = self.together.iter();
        let together = together.map(|failure| format!("the argued ones together: {failure}"));
        let untouched = |file: &&String| {
            let mut accesses = self.accesses.iter();
            !accesses.any(|site| Path::new(site.location.file()).ends_with(file))
        };
        let untouched = self.files.iter().filter(untouched);
        let untouched = untouched
            .map(|file| format!("no model does anything in a file whose name ends with {file:?}"));
        let empty = (self.rows.is_empty() && !self.accesses.is_empty())
            .then(|| format!("nothing can be weakened in {}", self.files.join(", ")));
        let idle = self.idle.iter().map(|argument| {
            let Argument { site, into, .. } = argument;
            format!("an argument for {site:?} -> {into} has no reason, or is about nothing here")
        });
        self.rows
            .iter()
            .filter_map(Row::fault)
            .chain(together)
            .chain(untouched)
            .chain(empty)
            .chain(idle)
            .collect()
    }
}

impl Row {
    fn fault(&self) -> Option<String> {
        let Row { site, into, .. } = self;
        match (&self.killed, &self.argued) {
            (None, None) if !self.undecided.is_empty() => Some(format!(
                "{site} -> {into}: undecided, given up: {}",
                self.undecided.join(", ")
            )),
            (None, None) => Some(format!("{site} -> {into}: survives")),
            (Some(failure), Some(_)) => {
                Some(format!("{site} -> {into}: argued for, but {failure}"))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}: ", self.site, self.into)?;
        match (&self.killed, &self.argued) {
            (Some(failure), _) => f.write_str(&failure.in_short()),
            (None, Some(reason)) => write!(f, "argued: {reason}"),
            (None, None) => f.write_str("survives"),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            writeln!(f, "{row}")?;
        }
        Ok(())
    }
}
