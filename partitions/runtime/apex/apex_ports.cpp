// SPDX-License-Identifier: Apache-2.0
// implements: LLR-1020, LLR-1021
//
// APEX ports: a port's id is its channel's place in bulkhead_partition.h, plus 1.
#include "apex/apex_time.hpp"
#include "bulkhead_partition.h"
#include "port/queuing.hpp"
#include "port/sampling.hpp"

namespace {

using namespace bulkhead;

constexpr uint32_t kPorts{sizeof(bulkhead_channels) / sizeof(bulkhead_channels[0])};

struct Port {
    bool is_created;
    SYSTEM_TIME_TYPE refresh_ns;
    VALIDITY_TYPE last_validity;
    uint64_t lost;
    bulkhead_sampling_sender sampling_sender;
    bulkhead_sampling_receiver sampling_receiver;
    bulkhead_queue_sender queue_sender;
    bulkhead_queue_receiver queue_receiver;
};

Port ports[kPorts];

bool is_same(const char* one, const char* other)
{
    uint32_t i{0};
    while ((i < MAX_NAME_LENGTH) && (one[i] != '\0') && (one[i] == other[i])) {
        ++i;
    }
    return (i < MAX_NAME_LENGTH) && (one[i] == other[i]);
}

// The channel's place, or kPorts.
uint32_t find(const char* name, bulkhead_channel_kind kind)
{
    uint32_t place{0};
    while ((place < bulkhead_channels_count) &&
           ((bulkhead_channels[place].kind != static_cast<uint32_t>(kind)) || !is_same(bulkhead_channels[place].name, name))) {
        ++place;
    }
    return (place < bulkhead_channels_count) ? place : kPorts;
}

// The port of an id; null if there is none of that kind or it has not been created.
Port* port_of(APEX_INTEGER id, bulkhead_channel_kind kind)
{
    const uint32_t place{static_cast<uint32_t>(id) - 1U};
    const bool exists{(place < bulkhead_channels_count) && (bulkhead_channels[place].kind == static_cast<uint32_t>(kind)) &&
                      ports[place].is_created};
    return exists ? &ports[place] : nullptr;
}

const bulkhead_channel& channel_of(const Port& port) { return bulkhead_channels[&port - &ports[0]]; }

PORT_DIRECTION_TYPE direction_of(const bulkhead_channel& channel) { return (channel.sends != 0U) ? SOURCE : DESTINATION; }

bool is_normal() { return bulkhead_partition_status(BULKHEAD_SELF).x1 == static_cast<uint64_t>(bulkhead_state_normal); }

// What both kinds of CREATE ask for, in APEX' order; `fits`: whether what only one kind has is as configured.
template <typename Fits>
RETURN_CODE_TYPE may_create(uint32_t place, MESSAGE_SIZE_TYPE size, PORT_DIRECTION_TYPE direction, Fits fits)
{
    if (place == kPorts) {
        return INVALID_CONFIG;
    }
    if (ports[place].is_created) {
        return NO_ACTION;
    }
    const bulkhead_channel& channel{bulkhead_channels[place]};
    if ((size <= 0) || (static_cast<uint64_t>(size) != channel.message_bytes) || (direction != direction_of(channel)) || !fits(channel)) {
        return INVALID_CONFIG;
    }
    return is_normal() ? INVALID_MODE : NO_ERROR;
}

void get_id(const char* name, bulkhead_channel_kind kind, APEX_INTEGER& id, RETURN_CODE_TYPE& code)
{
    const uint32_t place{find(name, kind)};
    const bool exists{(place != kPorts) && ports[place].is_created};
    id = exists ? static_cast<APEX_INTEGER>(place + 1U) : 0;
    code = exists ? NO_ERROR : INVALID_CONFIG;
}

// What a queue's answer is in APEX' words; NO_ACTION: try again while there is time.
RETURN_CODE_TYPE code_of(bulkhead_port_status status)
{
    switch (status) {
    case bulkhead_port_ok: return NO_ERROR;
    case bulkhead_port_unusable: return INVALID_CONFIG;
    default: return NO_ACTION;  // also corrupt: the port has recovered, or does when the other end starts anew
    }
}

RETURN_CODE_TYPE send_once(Port& port, MESSAGE_ADDR_TYPE message, MESSAGE_SIZE_TYPE length)
{
    return code_of(port::queue_send(port.queue_sender, message, static_cast<uint64_t>(length), bulkhead_time()));
}

// Tries until something comes of it or the time is over.
template <typename Attempt>
RETURN_CODE_TYPE within(SYSTEM_TIME_TYPE time_out, Attempt attempt)
{
    const uint64_t begun{bulkhead_time()};
    RETURN_CODE_TYPE code{attempt()};
    if (code != NO_ACTION) {
        return code;
    }
    if (time_out == 0) {
        return NOT_AVAILABLE;
    }
    const bool for_ever{time_out == INFINITE_TIME_VALUE};
    const uint64_t patience{for_ever ? 0U : apex::ticks(time_out)};
    while ((code == NO_ACTION) && (for_ever || ((bulkhead_time() - begun) < patience))) {
        apex::give_way();
        code = attempt();
    }
    return (code == NO_ACTION) ? TIMED_OUT : code;
}

}  // namespace

void CREATE_SAMPLING_PORT(const char* SAMPLING_PORT_NAME, MESSAGE_SIZE_TYPE MAX_MESSAGE_SIZE, PORT_DIRECTION_TYPE PORT_DIRECTION,
                          SYSTEM_TIME_TYPE REFRESH_PERIOD, SAMPLING_PORT_ID_TYPE* SAMPLING_PORT_ID, RETURN_CODE_TYPE* RETURN_CODE)
{
    const uint32_t place{find(SAMPLING_PORT_NAME, bulkhead_kind_sampling)};
    RETURN_CODE_TYPE code{may_create(place, MAX_MESSAGE_SIZE, PORT_DIRECTION, [&](const bulkhead_channel&) { return REFRESH_PERIOD > 0; })};
    if (code == NO_ERROR) {
        Port& port{ports[place]};
        const bulkhead_channel& channel{bulkhead_channels[place]};
        const bulkhead_port_status status{(channel.sends != 0U) ? port::sampling_open_sender(port.sampling_sender, channel, bulkhead_incarnation(), false)
                                                                : port::sampling_open_receiver(port.sampling_receiver, channel)};
        code = code_of(status);
        port.is_created = code == NO_ERROR;
        port.refresh_ns = REFRESH_PERIOD;
        *SAMPLING_PORT_ID = static_cast<SAMPLING_PORT_ID_TYPE>(place + 1U);
    }
    *RETURN_CODE = code;
}

void WRITE_SAMPLING_MESSAGE(SAMPLING_PORT_ID_TYPE SAMPLING_PORT_ID, MESSAGE_ADDR_TYPE MESSAGE_ADDR, MESSAGE_SIZE_TYPE LENGTH,
                            RETURN_CODE_TYPE* RETURN_CODE)
{
    Port* const port{port_of(SAMPLING_PORT_ID, bulkhead_kind_sampling)};
    if ((port == nullptr) || (LENGTH <= 0)) {
        *RETURN_CODE = INVALID_PARAM;
    } else if (static_cast<uint64_t>(LENGTH) > channel_of(*port).message_bytes) {
        *RETURN_CODE = INVALID_CONFIG;
    } else if (direction_of(channel_of(*port)) != SOURCE) {
        *RETURN_CODE = INVALID_MODE;
    } else {
        *RETURN_CODE = code_of(port::sampling_write(port->sampling_sender, MESSAGE_ADDR, static_cast<uint64_t>(LENGTH), bulkhead_time()));
    }
}

void READ_SAMPLING_MESSAGE(SAMPLING_PORT_ID_TYPE SAMPLING_PORT_ID, MESSAGE_ADDR_TYPE MESSAGE_ADDR, MESSAGE_SIZE_TYPE* LENGTH,
                           VALIDITY_TYPE* VALIDITY, RETURN_CODE_TYPE* RETURN_CODE)
{
    Port* const port{port_of(SAMPLING_PORT_ID, bulkhead_kind_sampling)};
    *LENGTH = 0;
    *VALIDITY = INVALID;
    if (port == nullptr) {
        *RETURN_CODE = INVALID_PARAM;
    } else if (direction_of(channel_of(*port)) != DESTINATION) {
        *RETURN_CODE = INVALID_MODE;
    } else {
        bulkhead_message message{};
        const bulkhead_port_status status{
            port::sampling_read(port->sampling_receiver, MESSAGE_ADDR, channel_of(*port).message_bytes, message)};
        const bool valid{(status == bulkhead_port_ok) && port::is_valid(message, bulkhead_time(), apex::ticks(port->refresh_ns))};
        *LENGTH = (status == bulkhead_port_ok) ? static_cast<MESSAGE_SIZE_TYPE>(message.length) : 0;
        *VALIDITY = valid ? VALID : INVALID;
        port->last_validity = *VALIDITY;
        *RETURN_CODE = (status == bulkhead_port_ok) ? NO_ERROR : NO_ACTION;
    }
}

void GET_SAMPLING_PORT_ID(const char* SAMPLING_PORT_NAME, SAMPLING_PORT_ID_TYPE* SAMPLING_PORT_ID, RETURN_CODE_TYPE* RETURN_CODE)
{
    get_id(SAMPLING_PORT_NAME, bulkhead_kind_sampling, *SAMPLING_PORT_ID, *RETURN_CODE);
}

void GET_SAMPLING_PORT_STATUS(SAMPLING_PORT_ID_TYPE SAMPLING_PORT_ID, SAMPLING_PORT_STATUS_TYPE* SAMPLING_PORT_STATUS,
                              RETURN_CODE_TYPE* RETURN_CODE)
{
    const Port* const port{port_of(SAMPLING_PORT_ID, bulkhead_kind_sampling)};
    *RETURN_CODE = (port != nullptr) ? NO_ERROR : INVALID_PARAM;
    if (port != nullptr) {
        const bulkhead_channel& channel{channel_of(*port)};
        *SAMPLING_PORT_STATUS = {port->refresh_ns, static_cast<MESSAGE_SIZE_TYPE>(channel.message_bytes), direction_of(channel),
                                 port->last_validity};
    }
}

void CREATE_QUEUING_PORT(const char* QUEUING_PORT_NAME, MESSAGE_SIZE_TYPE MAX_MESSAGE_SIZE, MESSAGE_RANGE_TYPE MAX_NB_MESSAGE,
                         PORT_DIRECTION_TYPE PORT_DIRECTION, QUEUING_DISCIPLINE_TYPE QUEUING_DISCIPLINE,
                         QUEUING_PORT_ID_TYPE* QUEUING_PORT_ID, RETURN_CODE_TYPE* RETURN_CODE)
{
    const uint32_t place{find(QUEUING_PORT_NAME, bulkhead_kind_queuing)};
    // One flow of control waits alone: both disciplines are the same to it.
    const bool known{(QUEUING_DISCIPLINE == FIFO) || (QUEUING_DISCIPLINE == PRIORITY)};
    RETURN_CODE_TYPE code{may_create(place, MAX_MESSAGE_SIZE, PORT_DIRECTION, [&](const bulkhead_channel& channel) {
        return known && (MAX_NB_MESSAGE > 0) && (static_cast<uint32_t>(MAX_NB_MESSAGE) == channel.depth);
    })};
    if (code == NO_ERROR) {
        Port& port{ports[place]};
        const bulkhead_channel& channel{bulkhead_channels[place]};
        const uint64_t incarnation{bulkhead_incarnation()};
        code = code_of((channel.sends != 0U) ? port::queue_open_sender(port.queue_sender, channel, incarnation, false)
                                             : port::queue_open_receiver(port.queue_receiver, channel, incarnation, false));
        port.is_created = code == NO_ERROR;
        *QUEUING_PORT_ID = static_cast<QUEUING_PORT_ID_TYPE>(place + 1U);
    }
    *RETURN_CODE = code;
}

void SEND_QUEUING_MESSAGE(QUEUING_PORT_ID_TYPE QUEUING_PORT_ID, MESSAGE_ADDR_TYPE MESSAGE_ADDR, MESSAGE_SIZE_TYPE LENGTH,
                          SYSTEM_TIME_TYPE TIME_OUT, RETURN_CODE_TYPE* RETURN_CODE)
{
    Port* const port{port_of(QUEUING_PORT_ID, bulkhead_kind_queuing)};
    if ((port == nullptr) || (LENGTH <= 0) || (TIME_OUT < INFINITE_TIME_VALUE)) {
        *RETURN_CODE = INVALID_PARAM;
    } else if (static_cast<uint64_t>(LENGTH) > channel_of(*port).message_bytes) {
        *RETURN_CODE = INVALID_CONFIG;
    } else if (direction_of(channel_of(*port)) != SOURCE) {
        *RETURN_CODE = INVALID_MODE;
    } else {
        // A full queue refuses, and counts, the last attempt only: what went in the end is no loss of the receiver's.
        const uint64_t depth{channel_of(*port).depth};
        const RETURN_CODE_TYPE code{within(TIME_OUT, [&] {
            return (port::queue_in_use(port->queue_sender) == depth) ? NO_ACTION : send_once(*port, MESSAGE_ADDR, LENGTH);
        })};
        const bool late{(code == NOT_AVAILABLE) || (code == TIMED_OUT)};
        *RETURN_CODE = (late && (send_once(*port, MESSAGE_ADDR, LENGTH) == NO_ERROR)) ? NO_ERROR : code;
        if ((*RETURN_CODE == NO_ERROR) && (channel_of(*port).irq != 0U)) {
            static_cast<void>(bulkhead_notify(channel_of(*port).slot));
        }
    }
}

void RECEIVE_QUEUING_MESSAGE(QUEUING_PORT_ID_TYPE QUEUING_PORT_ID, SYSTEM_TIME_TYPE TIME_OUT, MESSAGE_ADDR_TYPE MESSAGE_ADDR,
                             MESSAGE_SIZE_TYPE* LENGTH, RETURN_CODE_TYPE* RETURN_CODE)
{
    Port* const port{port_of(QUEUING_PORT_ID, bulkhead_kind_queuing)};
    *LENGTH = 0;
    if ((port == nullptr) || (TIME_OUT < INFINITE_TIME_VALUE)) {
        *RETURN_CODE = INVALID_PARAM;
    } else if (direction_of(channel_of(*port)) != DESTINATION) {
        *RETURN_CODE = INVALID_MODE;
    } else {
        bulkhead_message message{};
        const RETURN_CODE_TYPE code{within(TIME_OUT, [&] {
            const bulkhead_port_status one{port::queue_receive(port->queue_receiver, MESSAGE_ADDR, channel_of(*port).message_bytes, message)};
            port->lost += message.lost + ((one == bulkhead_port_corrupt) ? 1U : 0U);
            return code_of(one);
        })};
        *LENGTH = (code == NO_ERROR) ? static_cast<MESSAGE_SIZE_TYPE>(message.length) : 0;
        // APEX: a message that comes after an overflow is delivered together with INVALID_CONFIG.
        *RETURN_CODE = ((code == NO_ERROR) && (port->lost != 0U)) ? INVALID_CONFIG : code;
        port->lost = (code == NO_ERROR) ? 0U : port->lost;
    }
}

void GET_QUEUING_PORT_ID(const char* QUEUING_PORT_NAME, QUEUING_PORT_ID_TYPE* QUEUING_PORT_ID, RETURN_CODE_TYPE* RETURN_CODE)
{
    get_id(QUEUING_PORT_NAME, bulkhead_kind_queuing, *QUEUING_PORT_ID, *RETURN_CODE);
}

void GET_QUEUING_PORT_STATUS(QUEUING_PORT_ID_TYPE QUEUING_PORT_ID, QUEUING_PORT_STATUS_TYPE* QUEUING_PORT_STATUS,
                             RETURN_CODE_TYPE* RETURN_CODE)
{
    const Port* const port{port_of(QUEUING_PORT_ID, bulkhead_kind_queuing)};
    *RETURN_CODE = (port != nullptr) ? NO_ERROR : INVALID_PARAM;
    if (port != nullptr) {
        const bulkhead_channel& channel{channel_of(*port)};
        const uint64_t used{(channel.sends != 0U) ? port::queue_in_use(port->queue_sender) : port::queue_waiting(port->queue_receiver)};
        *QUEUING_PORT_STATUS = {static_cast<MESSAGE_RANGE_TYPE>((used > channel.depth) ? channel.depth : used),
                                static_cast<MESSAGE_RANGE_TYPE>(channel.depth), static_cast<MESSAGE_SIZE_TYPE>(channel.message_bytes),
                                direction_of(channel), 0};
    }
}

void CLEAR_QUEUING_PORT(QUEUING_PORT_ID_TYPE QUEUING_PORT_ID, RETURN_CODE_TYPE* RETURN_CODE)
{
    Port* const port{port_of(QUEUING_PORT_ID, bulkhead_kind_queuing)};
    if (port == nullptr) {
        *RETURN_CODE = INVALID_PARAM;
    } else if (direction_of(channel_of(*port)) != DESTINATION) {
        *RETURN_CODE = INVALID_MODE;
    } else {
        port::queue_clear(port->queue_receiver);
        *RETURN_CODE = NO_ERROR;
    }
}
