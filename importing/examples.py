"""One small example of each CSV file. They import cleanly in any order; numbers are fictional."""

from __future__ import annotations

TEMPLATES = {
    "staff": """\
ref,name,email,role,active
T-1,Ana Costa,ana@northstar.example,coordinator,yes
T-2,Ivan Petrov,ivan@northstar.example,instructor,yes
T-3,Lea Winter,lea@northstar.example,lead,yes
""",
    "students": """\
ref,name,email
S-1,Sam Reed,sam.reed@example.org
S-2,Mia Reed,
S-3,Noor Haddad,noor@example.org
""",
    "guardians": """\
ref,student_ref,position,name,phone,email,zone,language
G-1,S-1,1,Maria Reed,+44 20 7946 0018,maria.reed@example.org,Europe/London,en
G-1,S-2,1,Maria Reed,+44 20 7946 0018,maria.reed@example.org,Europe/London,en
G-2,S-1,2,John Reed,+44 20 7946 0019,john.reed@example.org,Europe/London,en
G-3,S-3,1,Layla Haddad,+1 202 555 0143,layla@example.org,America/New_York,en
""",
    "schedules": """\
ref,subject,kind,instructor_ref,zone,sessions_per_week,units_per_session,cancel_notice_hours,charges,meeting_ref,join_url
MATHS-SAM,Maths,one_to_one,T-2,Europe/London,2,1,24,,,
MATHS-MIA,Maths,one_to_one,T-2,Europe/London,1,1,24,no_show=hold,,
CHESS,Chess club,group,T-2,Europe/London,1,1,12,no_show=decrement; late_cancelled=hold,81234567890,https://rooms.example.org/chess
""",
    "enrollments": """\
ref,student_ref,schedule_ref,coordinator_ref,started_on,opening_balance
E-1,S-1,MATHS-SAM,T-1,2025-09-01,12
E-2,S-2,MATHS-MIA,T-1,2025-09-01,8
E-3,S-1,CHESS,T-1,2025-09-01,10
E-4,S-3,CHESS,,2025-09-01,10
""",
    "sessions": """\
ref,schedule_ref,starts_at,ends_at,zone,instructor_ref,topic,meeting_ref,join_url,make_up_for_ref,make_up_student_ref
MS-1,MATHS-SAM,2025-09-08T16:00,2025-09-08T17:00,Europe/London,,Fractions,,,,
MS-2,MATHS-SAM,2025-09-10T16:00,2025-09-10T17:00,Europe/London,,Decimals,,,,
MS-3,MATHS-SAM,2025-09-12T10:00,2025-09-12T11:00,Europe/London,,Decimals,,,MS-2,S-1
MM-1,MATHS-MIA,2025-09-09T16:00+01:00,2025-09-09T17:00+01:00,,,Counting,,,,
CH-1,CHESS,2025-09-11T17:00,2025-09-11T18:00,Europe/London,T-2,Openings,,,,
""",
    "outcomes": """\
session_ref,student_ref,code,announced_at,zone
MS-1,S-1,attended,,
MS-2,S-1,no_show,,
MS-3,S-1,attended,,
MM-1,S-2,late_cancelled,2025-09-09T09:30,Europe/London
CH-1,S-1,late,,
CH-1,S-3,excused_absence,2025-09-10T12:00Z,
""",
}
