"""Who signs in, with what, as whom, and with which roles.

A login is a human with a password. It links to any number of persons, one at most in each community; a person needs
no login. All tables here are global: they are written by `Storage.write_global`, never inside a community's batch.
"""

from timebank.people.logins.activation import CODE_LENGTH as CODE_LENGTH
from timebank.people.logins.activation import CODE_LETTERS as CODE_LETTERS
from timebank.people.logins.activation import CodeSpent as CodeSpent
from timebank.people.logins.activation import UsedCode as UsedCode
from timebank.people.logins.activation import WrongCode as WrongCode
from timebank.people.logins.activation import activate as activate
from timebank.people.logins.activation import activation_code as activation_code
from timebank.people.logins.activation import same_code as same_code
from timebank.people.logins.attempts import LOCKED_FOR as LOCKED_FOR
from timebank.people.logins.attempts import TRIES as TRIES
from timebank.people.logins.attempts import TRIES_WITHIN as TRIES_WITHIN
from timebank.people.logins.attempts import Attempt as Attempt
from timebank.people.logins.attempts import Locked as Locked
from timebank.people.logins.attempts import count_failure as count_failure
from timebank.people.logins.attempts import forget_failures as forget_failures
from timebank.people.logins.attempts import is_locked as is_locked
from timebank.people.logins.attempts import refuse_if_locked as refuse_if_locked
from timebank.people.logins.grants import Role as Role
from timebank.people.logins.grants import RoleGrant as RoleGrant
from timebank.people.logins.grants import grant as grant
from timebank.people.logins.grants import grants_of as grants_of
from timebank.people.logins.grants import grants_of_person as grants_of_person
from timebank.people.logins.grants import revoke as revoke
from timebank.people.logins.grants import roles_of as roles_of
from timebank.people.logins.opening import AlreadyLinked as AlreadyLinked
from timebank.people.logins.opening import Login as Login
from timebank.people.logins.opening import LoginPerson as LoginPerson
from timebank.people.logins.opening import NameTaken as NameTaken
from timebank.people.logins.opening import by_name as by_name
from timebank.people.logins.opening import link as link
from timebank.people.logins.opening import login_of as login_of
from timebank.people.logins.opening import open_login as open_login
from timebank.people.logins.opening import person_in as person_in
from timebank.people.logins.opening import persons_of as persons_of
from timebank.people.logins.passwords import PASSWORD_LENGTHS as PASSWORD_LENGTHS
from timebank.people.logins.passwords import PasswordWeak as PasswordWeak
from timebank.people.logins.passwords import hash_password as hash_password
from timebank.people.logins.passwords import password_matches as password_matches
from timebank.people.logins.passwords import spend_time_as_if as spend_time_as_if
from timebank.people.logins.presence import Presence as Presence
from timebank.people.logins.presence import PresentElsewhere as PresentElsewhere
from timebank.people.logins.presence import arrive as arrive
from timebank.people.logins.presence import leave as leave
from timebank.people.logins.presence import presence_of as presence_of
from timebank.people.logins.sessions import OWN_DEVICE as OWN_DEVICE
from timebank.people.logins.sessions import PHONE_SHARERS as PHONE_SHARERS
from timebank.people.logins.sessions import SHARED_DEVICE as SHARED_DEVICE
from timebank.people.logins.sessions import LoginSession as LoginSession
from timebank.people.logins.sessions import SignedIn as SignedIn
from timebank.people.logins.sessions import WrongPassword as WrongPassword
from timebank.people.logins.sessions import candidates as candidates
from timebank.people.logins.sessions import change_password as change_password
from timebank.people.logins.sessions import end_all_sessions as end_all_sessions
from timebank.people.logins.sessions import end_session as end_session
from timebank.people.logins.sessions import password_hash_of as password_hash_of
from timebank.people.logins.sessions import sessions_of as sessions_of
from timebank.people.logins.sessions import start_session as start_session
