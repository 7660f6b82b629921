//! Apps, tenants and users, and the ids by which each app knows a user.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, params};

use super::{Result, Store};
use crate::{
    app::{App, User},
    catalog::AppKind,
};

/// A form of a user's id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum IdKind {
    Open,
    Union,
    User,
}

impl IdKind {
    /// The kind that a parameter such as `user_id_type` names; the open id unless it names another.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "union_id" => Self::Union,
            "user_id" => Self::User,
            _ => Self::Open,
        }
    }
}

impl Store {
    pub(crate) fn add_app(&self, app: &App) -> Result<()> {
        let sql = "INSERT INTO app (id, secret, kind, scopes, disabled, bot, tenants, users) VALUES (?, ?, ?, ?, ?, ?, ?, ?) \
                   ON CONFLICT (id) DO UPDATE SET secret = excluded.secret, kind = excluded.kind, scopes = excluded.scopes, \
                   disabled = excluded.disabled, bot = excluded.bot, tenants = excluded.tenants, users = excluded.users";
        self.db.prepare_cached(sql)?.execute(params![
            app.id,
            app.secret,
            app.kind.to_string(),
            joined(app.scopes.as_ref()),
            app.disabled,
            app.bot,
            joined(app.tenants.as_ref()),
            joined(app.users.as_ref()),
        ])?;
        Ok(())
    }

    pub(crate) fn apps(&self) -> Result<Vec<App>> {
        let mut rows = self
            .db
            .prepare_cached("SELECT id, secret, kind, scopes, disabled, bot, tenants, users FROM app ORDER BY place")?;
        let apps = rows.query_map((), |row| {
            let kind: String = row.get(2)?;
            Ok(App {
                id: row.get(0)?,
                secret: row.get(1)?,
                kind: if kind == AppKind::Store.to_string() {
                    AppKind::Store
                } else {
                    AppKind::Custom
                },
                scopes: row.get(3).map(split)?,
                disabled: row.get(4)?,
                bot: row.get(5)?,
                tenants: row.get(6).map(split)?,
                users: row.get(7).map(split)?,
            })
        })?;
        apps.collect()
    }

    pub(crate) fn add_tenant(&self, key: &str) -> Result<()> {
        let sql = "INSERT OR IGNORE INTO tenant (key) VALUES (?)";
        self.db.prepare_cached(sql)?.execute([key]).map(|_| ())
    }

    pub(crate) fn tenants(&self) -> Result<Vec<String>> {
        let mut rows = self.db.prepare_cached("SELECT key FROM tenant ORDER BY place")?;
        rows.query_map((), |row| row.get(0))?.collect()
    }

    pub(crate) fn add_user(&self, user: &User) -> Result<()> {
        let sql = "INSERT INTO user (open_id, union_id, user_id, name, email, mobile, department) VALUES (?, ?, ?, ?, ?, ?, ?) \
                   ON CONFLICT (open_id) DO UPDATE SET name = excluded.name, department = coalesce(excluded.department, department)";
        self.db.prepare_cached(sql)?.execute(params![
            user.open_id,
            user.union_id,
            user.user_id,
            user.name,
            user.email,
            user.mobile,
            user.department
        ])?;
        Ok(())
    }

    pub(crate) fn users(&self) -> Result<Vec<User>> {
        let sql = "SELECT open_id, union_id, user_id, name, email, mobile, department FROM user ORDER BY place";
        self.db.prepare_cached(sql)?.query_map((), user)?.collect()
    }

    /// The user of this (first app's) open id.
    pub(crate) fn user(&self, open_id: &str) -> Result<Option<User>> {
        let sql = "SELECT open_id, union_id, user_id, name, email, mobile, department FROM user WHERE open_id = ?";
        self.db.prepare_cached(sql)?.query_row([open_id], user).optional()
    }

    /// The (first app's) open id of the user with this id.
    pub(crate) fn user_by(&self, kind: IdKind, id: &str) -> Result<Option<String>> {
        let sql = match kind {
            IdKind::Open => "SELECT open_id FROM user WHERE open_id = ?",
            IdKind::Union => "SELECT open_id FROM user WHERE union_id = ?",
            IdKind::User => "SELECT open_id FROM user WHERE user_id = ?",
        };
        self.db
            .prepare_cached(sql)?
            .query_row([id], |row| row.get(0))
            .optional()
    }

    pub(crate) fn add_department(&self, id: &str, name: &str) -> Result<()> {
        let sql = "INSERT INTO department VALUES (?, ?, ?, NULL) ON CONFLICT (id) DO UPDATE SET name = excluded.name";
        let open_id = format!("od-{id}");
        self.db.prepare_cached(sql)?.execute([id, &open_id, name]).map(|_| ())
    }

    /// What this app calls a user, if it has been told already.
    pub(crate) fn alias(&self, app: &str, user: &str) -> Result<Option<String>> {
        let sql = "SELECT open_id FROM alias WHERE app = ? AND user = ?";
        let mut row = self.db.prepare_cached(sql)?;
        row.query_row([app, user], |row| row.get(0)).optional()
    }

    pub(crate) fn add_alias(&self, app: &str, open_id: &str, user: &str) -> Result<()> {
        let sql = "INSERT OR IGNORE INTO alias VALUES (?, ?, ?)";
        self.db.prepare_cached(sql)?.execute([app, open_id, user]).map(|_| ())
    }

    /// The user whom this app, which is not the first, calls so.
    pub(crate) fn user_called(&self, app: &str, open_id: &str) -> Result<Option<String>> {
        let sql = "SELECT user FROM alias WHERE app = ? AND open_id = ?";
        let mut row = self.db.prepare_cached(sql)?;
        row.query_row([app, open_id], |row| row.get(0)).optional()
    }

    /// The user whom any app calls so.
    pub(crate) fn user_called_anywhere(&self, open_id: &str) -> Result<Option<String>> {
        let sql =
            "SELECT open_id FROM user WHERE open_id = ?1 UNION ALL SELECT user FROM alias WHERE open_id = ?1 LIMIT 1";
        let mut row = self.db.prepare_cached(sql)?;
        row.query_row([open_id], |row| row.get(0)).optional()
    }

    /// The same by address.
    pub(crate) fn user_by_email(&self, email: &str) -> Result<Option<String>> {
        let sql = "SELECT open_id FROM user WHERE email = ?";
        self.db
            .prepare_cached(sql)?
            .query_row([email], |row| row.get(0))
            .optional()
    }
}

// None of these names has a blank in it.
fn joined(names: Option<&BTreeSet<String>>) -> Option<String> {
    names.map(|names| names.iter().map(String::as_str).collect::<Vec<_>>().join(" "))
}

fn split(names: Option<String>) -> Option<BTreeSet<String>> {
    names.map(|names| names.split_whitespace().map(str::to_owned).collect())
}

fn user(row: &rusqlite::Row<'_>) -> Result<User> {
    Ok(User {
        open_id: row.get(0)?,
        union_id: row.get(1)?,
        user_id: row.get(2)?,
        name: row.get(3)?,
        email: row.get(4)?,
        mobile: row.get(5)?,
        department: row.get(6)?,
    })
}
