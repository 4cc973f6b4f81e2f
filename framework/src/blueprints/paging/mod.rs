//! Pages of `find` beyond `limit` and `skip`: the total, links to other pages, page numbers, cursors.
//!
//! Sails has none of it, and each is off unless the settings or the route say otherwise. The body of the answer stays the
//! bare list; all that is new stands in headers, which an ack has as well.

mod cursor;
mod links;
mod params;

pub(super) use params::{PagingSwitches, as_clauses};

use super::{actions::Run, options::BlueprintOptions};
use crate::{error::Result, reply::Reply};
use ::http::{HeaderName, HeaderValue, header};
use links::Links;
use params::At;
use topsail_orm::{Criteria, Executor, Record, engine};

const X_TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");

/// The page that a request asks for.
pub(super) struct Paging {
    switches: PagingSwitches,
    at: At,
}

/// The records of a page, and what is told beside them.
pub(super) struct Page {
    pub(super) records: Vec<Record>,
    total: Option<u64>,
    links: Links,
}

impl Paging {
    /// How this request wants its page; nothing where it is a plain `limit` and `skip` of which nothing is told.
    pub(super) fn of(run: &Run) -> Result<Option<Self>> {
        let switches = PagingSwitches::of(&run.app.config().blueprints, &run.req);
        if switches == PagingSwitches::default() {
            return Ok(None);
        }
        let at = run.known(At::read(&switches, &run.model, run.req.params()))?;
        Ok(Some(Self { switches, at }))
    }

    /// Reads the page.
    pub(super) async fn find(self, run: &Run, mut options: BlueprintOptions) -> Result<Page> {
        let criteria = options.populated_criteria();
        match self.at {
            At::Skip => self.by_number(run, criteria, None).await,
            At::Page(page) => self.by_number(run, criteria, Some(page)).await,
            At::Cursor(ref side) => cursor::find(run, &self.switches, side, criteria).await,
        }
    }

    async fn by_number(&self, run: &Run, mut criteria: Criteria, page: Option<u64>) -> Result<Page> {
        if let Some(page) = page {
            criteria.skip = Some((page - 1).saturating_mul(criteria.limit.unwrap_or(0)));
        }
        let (skip, limit) = (criteria.skip.unwrap_or(0), criteria.limit);
        let (records, total, more) = if self.switches.total {
            let found = engine::find_with_total(&run.context(), &run.model, criteria).await;
            let (records, total) = run.known(found)?;
            let more = skip.saturating_add(records.len() as u64) < total;
            (records, Some(total), more)
        } else {
            let (records, more) = and_whether_more(run, criteria).await?;
            (records, None, more)
        };
        let mut links = Links::default();
        if let Some(limit) = limit.filter(|limit| self.switches.links && *limit > 0) {
            links = match page {
                Some(page) => Links::of_pages(page, more, total.map(|total| total.div_ceil(limit))),
                None => Links::of_skips(skip, limit, more, total),
            };
        }
        Ok(Page { records, total, links })
    }
}

impl Page {
    /// The answer with what is told in its headers.
    pub(super) fn tell(&self, run: &Run, mut reply: Reply) -> Reply {
        if let Some(total) = self.total {
            reply = reply.with_header(X_TOTAL_COUNT, HeaderValue::from(total));
        }
        match self.links.header(&run.req) {
            Some(links) => reply.with_header(header::LINK, links),
            None => reply,
        }
    }
}

/// The records of one page, and whether there are more behind it: it asks for one more than it gives.
async fn and_whether_more(run: &Run, mut criteria: Criteria) -> Result<(Vec<Record>, bool)> {
    let Some(limit) = criteria.limit.filter(|limit| *limit > 0) else {
        return Ok((run.find(&run.req.context(), criteria).await?, false));
    };
    criteria.limit = Some(limit.saturating_add(1));
    let mut records = run.find(&run.req.context(), criteria).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = records.len() > limit;
    records.truncate(limit);
    Ok((records, more))
}
